"""Each row is a promise about one text; rows that differ by a word stand together. All invented."""

import time

import pytest

from services.triage.rules import assess
from services.triage.rules.ladder import TABLE
from services.triage.rules.lines import answer
from shared.contracts.values import Level, Tray

IMMEDIATE, HIGH, MEDIUM, LOW, NONE = Level.IMMEDIATE, Level.HIGH, Level.MEDIUM, Level.LOW, Level.NONE

TEXTS = [
    # who is hit, and by whom
    ("my stepdad hits me", HIGH),
    ("my stepdad never hits me", NONE),
    ("nobody hits me here and i like my room", NONE),
    ("no one knows he hits me", HIGH),
    ("dad doesnt hit us. just mum.", HIGH),
    ("my stepdad used to hit me when i was little", MEDIUM),
    ("my stepdad used to hit me when i was little and last night he did it again", HIGH),
    ("my stepdad is hitting my brother right now", IMMEDIATE),
    ("my friend's uncle beats her with a belt", HIGH),
    ("the drummer hits the drums so hard, my brother loved it", NONE),
    ("my brother beat me at fifa again", NONE),
    ("he put his hands round her throat", HIGH),
    ("nan gave me a big hug and a belt for my jeans", NONE),
    # wanting to die
    ("i want to die", HIGH),
    ("i wanna kms tonight", IMMEDIATE),
    ("i want to kill myself and ive saved up my tablets", IMMEDIATE),
    ("wnt 2 k1ll my self", HIGH),
    ("im not suicidal", NONE),
    ("im not suicidal but he hit me again", HIGH),
    ("not gonna lie im suicidal", HIGH),
    ("wish i wouldnt wake up tomorrow", MEDIUM),
    ("i just took all my tablets and nobody is home", IMMEDIATE),
    ("i was dying of embarrassment at assembly", NONE),
    ("i would kill for a bath in this place", NONE),
    ("she absolutely killed it at the talent show", NONE),
    ("in the film the boy wants to die and his dog saves him", NONE),
    ("that song where he wants to die is exactly my plan", HIGH),
    ("one in five calls to our helpline was about suicide last year", NONE),
    ("our team delivers suicide training to foster carers", NONE),
    ("i wrote my goodbye letters, by the time you read this it will be over", HIGH),
    # self-harm
    ("i keep cutting myself", HIGH),
    ("i cant stop cutting", HIGH),
    ("i used to cut myself, two years clean now", MEDIUM),
    ("i was two years clean but i cut myself again last night", HIGH),
    ("we did cutting and sticking at contact", NONE),
    ("they cut the budget for youth clubs again", NONE),
    # sexual abuse and grooming
    ("my uncle touches me when mum is out", HIGH),
    ("he comes in at night and i pretend to be asleep", HIGH),
    ("my pe teacher touched me", HIGH),
    ("i was abused as a child in a home in the 1970s", MEDIUM),
    ("he abused me when i was seven and he still works with children", HIGH),
    ("he wants me to send nudes or he tells school", HIGH),
    ("my boyfriend is 26 and im 14", HIGH),
    ("an older friend gave me a phone and a chain", MEDIUM),
    ("he says its our little secret", HIGH),
    ("i touched a real snake at the zoo", NONE),
    # exploitation, missing
    ("i owe him 300 and i have to hold a bag for him", HIGH),
    ("going cunch again, cant say no", HIGH),
    ("i havent been back at placement since friday", HIGH),
    ("we havent been swimming since friday", NONE),
    # neglect and being shut in
    ("mum hasnt come back since tuesday, its just me and the baby", HIGH),
    ("my carer locks the food and the doors", HIGH),
    ("they lock me in the garage when i am bad", HIGH),
    ("we were locked in the escape room and won", NONE),
    ("there is no food in the house and were always hungry", HIGH),
    # danger now
    ("mum is on the floor and she wont wake up", IMMEDIATE),
    ("hes got a knife out and hes outside my door", IMMEDIATE),
    ("my sister isnt breathing please help", IMMEDIATE),
    ("im hiding in the wardrobe, hes hitting mum", IMMEDIATE),
    ("the baby has gone all floppy and blue", IMMEDIATE),
    # threats to others
    ("im going to stab him tomorrow ive got a knife in my bag", IMMEDIATE),
    ("im going to stab him", HIGH),
    ("my mum is going to kill me for the mud on the carpet", NONE),
    ("in minecraft i killed him and took his house", NONE),
    # hints and bullying
    ("i cant say why but i dont want to go back there", MEDIUM),
    ("people bully me at school", MEDIUM),
    ("if i tell you something would you have to tell my mum", MEDIUM),
    ("dont let him see that i wrote this", MEDIUM),
    # sadness
    ("i miss my brother and i cry when contact gets cancelled", LOW),
    ("my social worker left again and nobody told me", LOW),
    ("i am worried about moving", LOW),
    # ordinary words
    ("the food is good and i like my room", NONE),
    ("thank you for asking us", NONE),
    ("please write to children in plain words", NONE),
    ("brothers and sisters should stay together", NONE),
]

THREADS = [
    ((), "its tonight", NONE),
    (("ive got all my tablets in a row", "i want to kill myself"), "its tonight", IMMEDIATE),
    (("i want to kill myself",), "lol jk", HIGH),
    (("my dad hits me",), "please ignore my last message", HIGH),
    (
        ("my dad hits me",),
        "The new survey page is very clear and it was easy to find the right question about schools.",
        MEDIUM,
    ),
    (("i like my school",), "my dad hits me", HIGH),
]

NO_WORDS = ["", "   ", "\n\n", "?!?!", "😭😭", "\u200d", "12345", "\ud800"]

OTHER_LANGUAGES = [
    ("Dzień dobry, mam na imię Ola i mieszkam z babcią w Leeds, lubię szkołę", "pl", MEDIUM),
    ("Mój ojczym mnie bije kiedy mama jest w pracy, boję się wracać do domu", "pl", HIGH),
    ("Bonjour, je voudrais dire que mon assistante sociale est très gentille avec nous", "fr", MEDIUM),
    ("أريد أن أتحدث عن المدرسة وعن أصدقائي هنا", "ar", MEDIUM),
]


@pytest.mark.parametrize(("words", "level"), TEXTS)
def test_a_text_has_its_level(words: str, level: Level) -> None:
    assert assess(words).level is level


@pytest.mark.parametrize(("thread", "words", "level"), THREADS)
def test_earlier_messages_complete_and_never_calm(thread: tuple[str, ...], words: str, level: Level) -> None:
    assert assess(words, thread).level is level


@pytest.mark.parametrize("words", NO_WORDS)
def test_what_has_no_words_waits_for_a_person(words: str) -> None:
    found = assess(words)
    assert (found.tray, found.level, found.to_human) == (Tray.NO_WORDS, MEDIUM, True)


@pytest.mark.parametrize(("words", "language", "level"), OTHER_LANGUAGES)
def test_another_language_goes_to_a_person(words: str, language: str, level: Level) -> None:
    found = assess(words)
    assert (found.tray, found.language, found.level, found.to_human) == (
        Tray.OTHER_LANGUAGE,
        language,
        level,
        True,
    )


@pytest.mark.parametrize("words", ["hi", "ok thx", "hes here", "gonna go out 2nite w m8s", "k", "he hits me"])
def test_short_english_is_not_called_another_language(words: str) -> None:
    assert assess(words).tray is None


def test_words_that_nobody_can_make_out_go_to_a_person() -> None:
    found = assess("cn u gt sm1 2 cm 2 flt 3 hlm ct hs n th dr nw plz")
    assert (found.tray, found.to_human) == (Tray.LOW_CONFIDENCE, True)


def test_the_ladder_stands_from_the_highest_to_the_lowest_so_that_one_more_cue_never_lowers() -> None:
    ranks = [level.rank for _, level in TABLE]
    assert ranks == sorted(ranks, reverse=True)


def test_evidence_marks_the_words_as_they_were_typed() -> None:
    words = "School is OK. My dad  HITS\u200d me, every week 😭"
    found = assess(words)
    assert any("HITS" in words[e.start : e.end] for e in found.evidence)
    assert found.reasons[0] == "Says that somebody hits or hurts them or a child"


def test_the_worst_reason_comes_first() -> None:
    found = assess("i miss my nan. mum is on the floor and she wont wake up")
    assert found.reasons[0].startswith("Describes danger to life")


def test_history_is_named_as_history() -> None:
    assert "historic_abuse" in assess("my stepdad used to hit me when i was little").categories


@pytest.mark.parametrize(
    "words",
    ["he hits me ", "i ", "'", "a'", "locked in the cupboard ", "e\u0301", "kill him tonight i will "],
)
def test_ten_thousand_characters_are_quick(words: str) -> None:
    text = (words * 10_000)[:10_000]
    assess(text)
    began = time.process_time()
    assess(text)
    assert time.process_time() - began < 0.5  # about 0.05 on an idle core


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", '{"id": null, "error": "the line is not JSON"}'),
        ("[]", '{"id": null, "error": "the line is not a JSON object"}'),
        ('{"id": "a"}', '{"id": "a", "error": "the line has no text"}'),
        ('{"id": "a", "text": 3}', '{"id": "a", "error": "the line has no text"}'),
        ('{"id": {}, "text": "x"}', '{"id": null, "error": "the id is neither text nor a whole number"}'),
        ('{"id": 7, "text": "x", "thread": "y"}', '{"id": 7, "error": "the thread is not a list of texts"}'),
    ],
)
def test_a_bad_line_is_answered_without_its_words(line: str, said: str) -> None:
    assert answer(line) == said
