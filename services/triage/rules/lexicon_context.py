"""What changes how a cue is read: times, sayings, stories, and the language of work."""

from typing import Final

from services.triage.rules.frames import Phrase, phrase


def _table(lines: str) -> tuple[Phrase, ...]:
    return tuple(phrase(line.strip()) for line in lines.splitlines() if line.strip())


SOON: Final = _table("""
    tonight|tomorrow
    later today|on
    this evening|afternoon|morning
    in|at .. minutes|hour|hours|midnight
    in a bit|minute|min
    after|before tea|dinner|school|bedtime|lights
    when|once .. asleep|sleep|bed|out|work|home
    on .. way
    today
    by|at 10|11|12|midnight|9|8|7|6
    next one|train
    last night|nite
    before .. wakes|wake|back|morning
""")

THIS_MINUTE: Final = _table("""
    right now
    this minute|second
    as i write|type|speak
""")

NOW: Final = _table("""
    right now
    now
    as i|we type|write|speak
    at the moment
    just ?now shut|went|hit|put|heard|came|got|gone|left|started|took|told|saw|done
    am|im .. sat|sitting|stood|standing|hiding|typing|writing|whispering
    hurry|quick|urgent|emergency
    i can hear
    ago
    minutes
    since|from breakfast|yesterday|dinner|lunch|morning|last
    this morning
""")

PRESENT: Final = _table("""
    still|again|always|every|now|tonight|currently|lately|recently|usually|sometimes
    last night|week|weekend|month
    this morning|week|month|weekend|year
    yesterday|today|tomorrow
    on|since monday|tuesday|wednesday|thursday|friday|saturday|sunday|sat|wed|mon
    keeps|wont|cant
    most nights|days|weeks|weekends|mornings
""")

# "Two years clean now": over, unless AGAIN says otherwise.
STOPPED: Final = _table("""
    months|years|weeks|days clean|free
    clean now|for|since
    stopped when|in|after|years|months|because|since
    dont do it anymore
    dont|not anymore
    havent|not ?done ?hurt ?cut .. for|in .. months|years
    is|was over now
""")

AGAIN: Final = _table("""
    again|still|relapsed|tonight|yesterday|today
    last night|week
    this morning|week
""")

PAST: Final = _table("""
    when i|he|she|we was|were .. <number>|little|small|young|younger|kid|child|five|six|seven|eight|nine|ten|eleven|twelve
    used to
    years|decades|yrs ago
    long time ago
    in ?the 1950s|1960s|1970s|1980s|1990s|50s|60s|70s|80s|90s|sixties|seventies|eighties|nineties|fifties
    as a child|kid|boy|girl|teenager
    growing|grew up
    back then|in
    in my childhood
    my childhood
    until|till i was
    before i came|moved|was|got
    at the age of
    between the ages
    from|at|aged <number>|six|seven|eight|nine|ten to|until|till|and <number>|ten|eleven|twelve|thirteen|fourteen
    he|she|they .. died|dead ?now ?in
    is|was|are in prison|jail
    went to prison|jail
    long dead
    months|years clean
    clean now|for|since
    last time was .. ago
    in year|y|yr <number>|seven|eight|nine
    stopped|over now
    complaint upheld
    historic|historical
    at .. old|last place|placement|home
    my old|last|first placement|carers|carer|home|foster
    im|am now <number>
    im|am <number> now
    was <number>|seventeen|sixteen|fifteen
""")

IDIOM: Final = _table("""
    dying|died|die|dead|killing|killed .. of embarrassment|laughing|laughter|shame|cringe|boredom|tired|cute|hungry|thirst
    dying|die|dies|died to .. know|see|try|meet|go|hear|tell
    die|died inside
    dying for a
    to die for
    would kill|die for
    id kill for
    murder for a
    could murder a
    kill|killed|killing it
    kills|killed|killing me .. laughing|feet|legs|back|head|shoes|jokes
    going to kill me|us .. for|if|when ... mud|mess|late|carpet|lost|phone|homework|ruin|broke|glitter
    kill me softly|now
    kill|killed|killing time|two
    killing|kill with kindness
    dressed to kill
    over my dead body
    dead|killed|die .. good|funny|nice|proud|battery|phone
    phone .. dead|dying|died
    battery .. dead|dying|died
    shoot+|shot .. message|text|email|hoops|penalties|goal|film|photo|video
    shot|shots in the dark
    long|big|best shot
    hit+ .. target|targets|drums|drum|ball|post|gym|shops|nail|road|wall|spot|button|books|crossbar|snooze
    hit me up
    hit by .. bus|cuts|budget|pandemic|inflation|ball|cost
    cut+ .. hair|fringe|grass|budget|budgets|funding|service|services|cake|corners|costs|hours|crusts|paper|ribbon|nails|bread
    cut+ .. and stick|sticking|pasting
    hours|budget|funding|post|posts|service|services|job|grant .. cut|cuts|slashed
    cut+ off|short|out|down|back
    beat+ .. record|level|boss|score|game|me at|him at|us at|traffic|heat|drum|drums
    beat+ .. at .. fifa|chess|cards|uno|mario|pool|table|monopoly|connect|darts
    punch+ .. air|line|above|bag|ticket
    kick+ .. ball|off|bucket|habit|football|penalty
    smash+|smashed it|them|exams|gcses|mocks|that
    slap+ .. on|paint|stickers|label
    slap in the face
    back stabbed|stabbing
    stab in the dark|back
    heart attack
    drown+ .. in|under .. paperwork|forms|emails|work|homework|revision
    suicide squad|vest|drink
    bleed+|bled dry
    beaten black and blue by
    shaking hands
    shake|shook|shaken .. hand|hands|head|maraca|bottle|up
    hang+|hung .. out|on|around|coat|up|picture|pictures|washing|decorations|lights
    burn+|burnt|burned .. out|toast|calories|dinner|bridges|cakes|tea|pizza|midnight|toaster|oven
    drop+ .. dead gorgeous
    overdos+|overdosed|overdose on .. meetings|chocolate|sweets|cake|telly|tv|easter|sugar
    break+|broke .. record|news|ice|heart
    taken|took me|us|him|her .. out|swimming|shopping|park|holiday|cinema|football|beach|zoo|camping
    took|take+ ... tablets|meds|pills .. for .. asthma|throat|hayfever|adhd|epilepsy|infection|antibiotics
    antibiotics
    knife and fork
    butter knife
    run+ .. errand|bath|club|race|marathon|5k|10k|shop|late|harriers
    locked in .. escape|game
    escape room
    hide and seek
    hide .. seek
    sardines
    jump+ .. trampoline|rope|queue|joy
    trampoline
    pillow|water|snowball|food|play fight|fights|fighting
    by accident
    beaten by .. better|one|two|points|goals|team|side
    broke his|her|my leg|arm|ankle|wrist .. playing|football|skiing|rugby|falling|bike
    falling|fell|fallen off|over|down .. bike|scooter|trampoline|swing|slide|climbing|skateboard
    on .. swings|swing|slide|roundabout|trampoline
    push+ .. swings|swing|buggy|pram|trolley|wheelchair
    touch+ .. heart|hearts|base|wood|down
    jumped|jump out at|and
    tablets|pills|medication|meds for .. hay|hayfever|fever|asthma|adhd|epilepsy|throat|infection|pain|cold|headache
    die my|her|his|your|the hair
    secret santa
    wake ?up til|till|until|before|because
    eaten|ate since .. this|4|5|6|7|8|am|breakfast|lunch morning|am|4am|5am|6am
    took .. back to
    suhoor|ramadan|fasting
    fancy dress
    face paint
    three legged
    goodie|goody bag
    axident|accidentally|accident
    april fools
    surprise party|cake|birthday
    candles|cake ... knife
    knife ... cake|birthday|candles
    bonfire|firework|fireworks
    drum|drums|drumming
    bath bomb
    photo|photos shoot
    seat|belt and braces
    sick .. staff|food|trainers|beat|tune|here
""")

FICTION: Final = _table("""
    in ?the|a|this|that|my|our ?new film|movie|book|novel|story|game|episode|song|comic|play|programme|show|drama|series|panto|script|assembly|cartoon
    book|film|movie|novel|story|comic|song|play|episode|game|poem about|where|with|called|is
    eastenders|corrie|hollyoaks|emmerdale|coronation|casualty|netflix|marvel|batman|hogwarts|potter|macbeth|shakespeare|romeo|tracy|oliver|disney
    lyrics|chorus|verse|bars|drill|album|karaoke|musical|rap
    saw|heard|read .. on|in .. news|telly|tv|paper|radio
    headline|headlines|newspaper
    gcse|drama .. club|piece|exam|music|english|monologue|character
    captain|dragon|ghost|monster|pirate|zombie|knight|wizard
    once upon
    character|villain|hero|boss|level|quest|respawn|lobby
    cluedo|murder mystery
    halloween|costume
""")

# People meet children in games, so a game excuses only fighting.
GAMES: Final = _table("""
    minecraft|fortnite|roblox|fifa|gta|cod|warzone|zelda|pokemon|mario|hp|zombies|xbox|ps5|ps4|playstation|nintendo|sims
""")

SELF_TIE: Final = _table("""
    like|same|just|exactly ?as me|mine|us|ours
    exactly my|like|what
    is|thats my|me life|plan|house|dad|mum|me|us
    but not|its|it .. real|game|story
    except .. real
    not a|the game|story|song|film
    really happened|happens|happening
    real life
    for real
    true
""")

WORK: Final = _table("""
    policy|policies|guidance|framework|statutory|legislation|protocol|protocols|procedures|threshold|thresholds|strategy|consultation|evidence base
    training|course|courses|workshop|workshops|cpd|conference|webinar
    statistics|percent|figures|data|audit|survey|research|study|report|dataset
    one|two|three in four|five|six|ten|three|eight
    referrals|caseload|caseloads|assessments|practitioners|professionals|respondents|inspections|commissioners
    our|my team|service|organisation|charity|members|helpline|agency|department|practice|students
    i|we chair|inspect|manage|commission|train|deliver|lecture|supervise|represent
    as ?a ?an ?former ?retired social|retired|headteacher|teacher|magistrate|solicitor|researcher|academic|gp|practitioner|chair|iro
    recommend|recommends|recommendation|propose|welcome .. that|the|review
    budget|funding|funded|funds
    children who|are|in|experience|missing
    young people who|are|in
    cases of|where
    hypothetical|hypothetically|example|scenario|scenarios|vignette
    if a|any|some|every child|kid|person|someone|young|parent|teacher|foster
    poster|leaflet|campaign|citizenship|essay|dissertation|project
""")

IDENTIFIABLE: Final = _table("""
    told|tells|disclosed|says|said .. me|us|today|this|yesterday|lunch
    a|the|one|my|this|our boy|girl|child|pupil|lad|lass|student|toddler|baby|teenager .. is|has|had|told|came|comes|says|in|at|who|i
    not|havent|never .. told|rung|rang|referred|passed|reported|logged|been out|recorded|written|seen
    who do i|you ring|tell|call
    what|should do|should i do
    year|yr <number> pupil|girl|boy|child
    nobody|noone|no .. referred|rung|acted|seen|read
    still|now .. there|with|in
    i am|was|have .. meant|due|to|not .. ring|visit|call
    on my caseload|list|class|round
    another professional|worker|agency
    ps|p.s
""")

RETRACTION: Final = _table("""
    jk|joking|kidding
    never mind|nevermind
    forget it|that|i
    ignore .. last|message|that
    made it up
    it was a joke
""")
