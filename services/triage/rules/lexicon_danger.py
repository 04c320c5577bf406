"""Dangers at this moment, weapons, hiding, and whether who did it is still near children."""

from typing import Final

from services.triage.rules.lexicon import Entry, Slot

ENTRIES: Final = (
    Entry("immediate_danger", Slot.DANGER, "Describes danger to life or safety at this moment", """
        wont bring|take me|us|her home|back
        killing mum|dad|him|her|me|us
        man|men|someone|he|dad|stranger in|outside .. house|room|flat with|got .. knife|machete|gun|axe|hammer
        stopped breathing
        swallow+ .. batteries|battery|magnets|blade|glass|bleach
        strangers|stranger house|car|flat
        collapsed
        not responding|conscious|moving
        have|been|got|was|am|hes|shes been|got|bleeding ?been stabbed|shot|badly
        i|he|she am|is bleeding .. lot|badly|heavily|everywhere|bad|loads|wont
        waters broke|have .. alone|nobody|help|15|16|14
        gone|going into labour
        nowhere to go|sleep|stay .. tonight|now|15|16|14|alone|station
        own .. station|street|park|outside .. nowhere|dark|scared|cold
        having a fit|seizure
        shut|locked|lock herself|himself in .. bathroom|toilet|room
        not answering us|me|anyone|her|his
        on .. back ... cant breathe
        says|saying he|she|i cant breathe
        stopped saying|crying .. it|anything
        got .. on the floor ... breathe|screaming|cant
        wont let me|us out
        taking|took|take them|him|her|us .. to|off .. airport|ferry|quarry|field|abroad
        tied .. up|to|by|wrist
        gun|knife to .. head|throat|neck|me|her|him
        not|isnt|wont|stopped|hardly|barely|cant breathe|breathing .. properly|baby|still|he|she|hes|shes
        still|hes|shes|he|she|is not|isnt|stopped breathing
        wont|not|cant|doesnt|isnt|havent .. wake|waking|woken .. him|her|up|mum|dad|nan|them
        cant get .. him|her .. to wake|sit|up
        gone all|blue|grey|floppy|limp|funny|quiet floppy|limp|blue|grey|sleepy|colour|stiff
        floppy|limp|unconscious|fitting|seizure
        lips|nails .. blue|grey|purple|lilac|gray
        blue|grey|purple lips|face|round
        passed|knocked|blacked out ... now|wont|blood|still|breathing
        blood everywhere|all|pouring|on|won|coming
        lot|loads of blood
        covered in blood
        on the .. floor .. since|wont|not|all|blood|bleeding|moving
        fell|fall ... wont|not get|wake|move|moving
        not|isnt|stopped moving|answering|responding .. door|floor|he|she|at|me
        stopped answering
        stopped|not making noise
        got|has|holding|waving|grabbed .. a|the|his|big|carving|bread|kitchen knife|gun|machete|hammer|axe|crowbar .. out|to|at|and|in|hes|he|outside|door
        he|she|dad|they|him .. has|got|with|holding ?a|the ?big|bread|kitchen|carving knife|machete|gun|hammer|axe|iron|petrol
        trying|try|tried ?to .. get|break|kick|back|my|come .. in|door|down
        banging|kicking|smashing|booting|hammering .. door|doors|window|windows|gate ... now|in|he|hes|get|kill|me|us|open|police|let|shout
        outside .. door|house|flat|window ... kill|get|burn|knife|open|police|let
        he|they|dad|she is|are ?right outside|downstairs|here|back|coming ?up .. smash|hide|knife|kill|drunk|screaming
        coming ?round ?back to|for .. get|kill|hurt me|us|her|him
        coming to|for kill|get me|us|her|him
        i|we|im|am .. hiding|hide .. in|under|behind .. {hide}|stairs|table|cupboard
        locked|lock|locks|barricade+ .. myself|ourselves|us|me .. in .. bathroom|toilet|loo|room|flat|bedroom
        wont|not let .. me|us|her .. out|leave|go|off ... now|car|flat|house|door|locked|tonight
        locked .. in .. cant|and|he|no|since|yesterday|days|alone|house|flat
        cant get out
        doors|door|child .. locked|locks|lock ... car|driving|cant|dont|know|van
        dont know where i am|are|this
        smash+ .. everything|house|place|stuff .. up
        right|as now .. he|hit|beat|kill|hurt|smash
        {violent} .. mum|her|him|me|us .. now|right
        help me|us .. now|please|he|hes|hurry
        please|send help|police|someone|ambulance|hurry
        please|someone|somebody|need .. call|ring|police|ambulance|999
        going to kill .. me|us|her|mum
        kill|hurt me|us|her ?if|when ?i|he .. gets|home|back|tonight|tell|go|sleep
        lips ... blue|grey|purple
        cant|wont make|get|open .. his|her|eyes .. eyes|open
        stopped calling|crying .. out|now|cold
        cant|not|struggling breathe|breathing ... inhaler|chest
        took|taken|taking|fetched|take .. baby|kids|him|her|children|son|daughter ... not|isnt|wasnt allowed|drunk|cans|court|order|airport|abroad
        flight|flying|plane|fly|airport ... tonight|tomorrow|wedding|marry|married|passport
        nobody|no|noone .. is here|home|us|coming .. baby|brother|cold|dark|little|scared|alone
        im|am|i alone|lost|stuck|stranded ... dark|cold|night|phone|outside|woods|station
        i have nowhere ?to ?go ?to ... tonight
        sleep+|stay .. outside|streets|park|rough tonight
        kicked|threw|chucked|locked me|us out .. tonight|bus|outside|now|door|cold|nowhere|street
        no one|nobody .. coming|fetch|collect .. me
        hes|he|they|taking|meeting|meet|picking|pick|going .. me|him|them ... tonight|later|6|7|8|now|station .. never|older|man|online|country|london|north|train|work|hotel|flat
        run|running away|off .. tonight|tomorrow|now
        overdose|pills|tablets ... now|tonight|just|ago
    """, negatable=False),
    Entry("immediate_danger", Slot.HIDING, "Says where they are hiding or waiting, because of somebody", """
        hiding|hid|hide|locked|lock|barricaded .. {hide}|bed
        in|under the|my .. {hide}
        am|im|are|me|we ?hiding under .. bed|table|stairs
        chair .. against|under|behind .. door|handle
        {person} ... downstairs|outside|upstairs|next door|landing|kitchen now|rn|shouting|screaming|with|and
        he|she|they is|are coming|here|outside|downstairs ?back .. tonight|soon|now|later|home|up
        outside .. my|our|the .. flat|house|window|door|room|gate
        dads|hes|shes back
        is|am|due back there|home|on|tonight|friday|today|saturday|sunday|this|monday
    """),
    Entry("historic_abuse", Slot.ACCESS, "Says that who did it is still near children", """
        still|now ?a works|work|working|teaches|teaching|coaches|drives|runs|fosters|foster|fostering|childminder|teacher|coach|leader|minister|vicar
        he|she|they|who|still .. works|work|teaches|coaches|volunteers|helps|drives .. with|at|in|a|the .. kids|children|school|minibus|bus|club|young|under|little|unit|home|nursery|cubs|scouts
        babysit+|childminds|childminder|minds|looks .. him|her|them|kids|children|cousin|for|after
        lets|let him|her|them babysit|look|near|round
        has|have|got|had .. kids|children|baby|daughter|son|grandkids|grandchildren|foster .. now|own|of|there|staying|placed
        has|have|got .. girls|boys|lads|daughters|sons|grandkids now|there
        around|near|with .. kids|children|other|young|little|boys|girls
        moved|moving|moves|move ?back in|into .. with|opposite|next|house|ours|road
        still lives|live|living|there|sees|see|comes|goes|on .. with|there|near|round|kids|him|shift|home
        there are .. kids|children|girls|boys there|in|now|still
        seen|saw her|him|them ... with .. lads|kids|child|girls|little|children|boys
        under tens|10s|12s|eights|8s
        is .. back on|her|his .. shift
        never told nobody|anyone|anybody
        on shift there
        same firm|home|carer|man|school|unit
    """),
    Entry("threat_to_others", Slot.WEAPON, "Says that somebody has a weapon", """
        got|has|have|with|bringing|bring|carry|carrying .. {weapon}
        something in my|his waist|bag
        in|up my|his sleeve|waist|waistband
        """),
)  # fmt: skip
