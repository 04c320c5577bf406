"""A few cues in the languages we are most likely to be sent. They can only lift what already goes to a reader.

Unaccented, as `text.tokens` gives them. Each line needs the eye of somebody who speaks the language.
"""

from typing import Final

from services.triage.rules.lexicon import Entry, Slot

ENTRIES: Final = (
    Entry("physical_abuse", Slot.HARM, "Seems to say, in another language, that somebody hits them", """
        bije|uderzyl|uderza|pobil
        ma|ne|o bate|loveste|batut
        yn taro|curo|hitio|brifo|bwrw
        marte|marta|maarda|maardi|maarta hai|hain|ha
        me frappe|tape|bat|cogne
        me bate|bateu|pega|pegou|golpea
        godet|rreh|godit
        garaaca|garaacaa|dilaa
        بيضربني|يضربني|ضربني|يضرب|بيضرب
        бє|бʼє|бьє|вдарив|бив
        """, negatable=False),
    Entry("sexual_abuse", Slot.HARM, "Seems to say, in another language, that somebody touches them", """
        mnie dotyka|dotykal
        dotyka mnie
        ma atinge|pipaie|atins
        yn cyffwrdd
        mujhe|mainu chhoota|chuta|hath|haath
        me touche|toca|tocou
        me prek|preku
        i taabtaa|taabto
        يلمسني|بيلمسني|لمسني
        чіпає|торкається
        """, negatable=False),
    Entry("suicide_self_harm", Slot.INTENT, "Seems to say, in another language, that they want to die", """
        nie chce .. zyc
        chce .. umrzec|zabic
        nu .. vreau .. traiesc
        vreau .. mor
        eisiau marw
        ddim .. isio|eisiau byw
        marna chahta|chahti
        jeena nahi
        veux plus vivre
        veux|vais mourir|tuer
        quero|quiero morrer|morir
        nao quero viver
        dua te vdes
        اموت|انتحر|أموت
        не хочу жити
        """, negatable=False),
    Entry("immediate_danger", Slot.DANGER, "Seems to speak, in another language, of a weapon, or of being held or hunted now", """
        schowalem|schowalam
        ukrywam|chowam sie
        zamknal|zamkneli|zamknela .. w|nas|mnie|mame
        noz|nozem|siekiera
        incuiat|incuiati|inchis|cutit
        cyllell|fwyall|bwyall
        chaku|chura|chhuri
        couteau|enferme|enfermee|enfermes
        faca|trancado|trancada|trancou|cuchillo
        thike|thiken|mbyllur|kycur
        mindi
        سكين|حبسني|محبوس|محبوسة
        ніж|ножем|замкнув|зачинив
        comprimes|tabletki|pastile|comprimidos
        """, negatable=False),
)  # fmt: skip
