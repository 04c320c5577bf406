"""Ordinary words of the people who write to us, so that a word that is not here may be a name.

The list is ours; it leaves out words that are names more often than not. Inflected forms are worked out.
"""

import re

_GRAMMAR = """
a an the this that these those it its it's i im i'm i've ive i'd i'll me my mine myself you u ur your yours youre you're yourself
he hes he's him his himself she shes she's her hers herself we us our ours ourselves they theyre they're them their theirs
themselves who whos who's whose whom which what whats what's when wen where wheres why how hows there theres there's their
and n & or but nor so yet if then than because cause cos cuz coz bc though tho although while whilst until till til unless since
as at by for from in into of off on onto out over to too 2 up upon with wiv w wid without within about around across after
against along among before b4 behind below beneath beside besides between beyond down during except inside near outside past
per through thru throughout toward towards under underneath via am is are was were be been being isnt isn't arent aren't wasnt
wasn't werent weren't aint ain't do does did done doing dont don't doesnt doesn't didnt didn't has have had having hav hasnt
hasn't havent haven't hadnt hadn't haves can cant can't cannot could couldnt couldn't cud would wouldnt wouldn't wud should
shouldnt shouldn't shud shall might must mustnt ought need wont won't not no nope none nothing nothin nowt owt summat
nobody noone someone somebody something anyone anybody anything everyone evryone evry1 every1 everybody everything each every
both either neither few many more most much less least lot lots all any some sum sum1 such same other others another own only
just jus even ever never always often sometimes usually again already also almost nearly really very quite rather still
soon later now here ere hear today tomorrow tonight yesterday once twice yes yeah yea yep yh no nah ok okay oh ah um umm er
erm uh hmm lol omg idk tbh btw pls plz please thanks thankyou thank ta cheers sorry soz hi hiya hello hey heya bye goodbye
dear kind regards yours sincerely faithfully respectfully innit like right well maybe perhaps away back forward together apart
alone instead else otherwise however therefore thus hence anyway whatever whoever whenever wherever else enough
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million first second third fourth fifth sixth seventh
eighth ninth tenth last next half quarter double dozen couple once
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun january february march april
may june july august september october november december jan feb mar apr jun jul aug sept sep oct nov dec
spring summer autumn winter christmas xmas easter eid ramadan diwali halloween birthday bday day days week weeks wk wks weekend
month months year years yr yrs hour hours hr hrs minute minutes min mins second moment time times night nite morning afternoon
evening midnight noon date ages age old young new am pm ago fortnight decade century holiday holidays term
"""

_PEOPLE = """
mum mums mom moms mummy mam mammy ma dad dads daddy da father mother parent nan nana nans nanna nanny nanas gran granny grandma
grandad grandpa grandfather grandmother grandparent grandson granddaughter grandchild taid nain bro brother sis sister siblings
sibling twin twins son daughter child children childs kid kids kidz baby babies boy boys girl girls lad lads lass man men woman women
lady ladies guy guys bloke people ppl person folk family families aunt aunty auntie aunties uncle uncles cousin cousins niece nephew wife
husband partner boyfriend girlfriend bf gf ex mate mates friend friends bestie neighbour stepdad stepmum stepmother stepfather
stepbrother stepsister carer carers foster fosters fostered fostering adopter adopters adopted adoption guardian guardians kinship
sw sws social worker workers work key keyworker staff manager managers team teams leader head teacher teachers tutor deputy assistant
iro reviewing officer officers pa personal adviser advisers advisor advocate advocates solicitor soliciter solicitors lawyer
barrister judge magistrate police cop cops pc sergeant doctor dr gp nurse midwife health visitor psychologist therapist
counsellor councillor chair chairman secretary clerk driver taxi paediatrician dentist youth support agency independent visitor
mr mrs ms miss sir madam lord reverend rev pastor imam vicar priest nun chaplain mentor lead member members professional
professionals student pupil pupils class classmate learner leaver leavers looked-after teen teenager teenagers adult adults
somebody's everyones inspector ofsted council councils government minister ministers mp mps nobodys human humans stranger strangers
"""

_CARE = """
care cared caring home homes house houses flat flats room rooms bedroom kitchen garden hostel placement placements place placed unit
secure residential respite contact contacts supervised letterbox review reviews meeting meetings panel plan plans planning
pathway assessment assessments report reports file files record records form forms letter letters email emails text texts txt
message phone fone phones call calls number numbers address postcode case cases order orders section hearing court courts
law legal rights right act regulation regulations guidance policy system service services department local authority authorities
children's childrens childs life story book memory box school schools college colleges university uni nursery primary secondary
academy infants juniors lesson lessons homework exam exams gcse gcses sats a-levels year detention excluded exclusion
attendance senco ehcp sen send pe kit uniform bag bags bin black suitcase belongings stuff things clothes shoes coat
money pocket allowance allowances grant grants benefits savings bank account pounds quid pence fee fees pay paid rent bill bills food
meal meals dinner tea lunch breakfast supper kettle fridge cupboard lock locked door doors window key keys car cars bus buses train
trains van police station hospital hospitals ward clinic surgery practice therapy camhs mental health wellbeing anxiety
depression autism autistic adhd send disabled disability asthma epilepsy wheelchair deaf blind medication meds tablets
drugs drink drunk alcohol abuse abused neglect neglected hurt harm self-harm violence violent hit hits punch fight fights fighting
restraint restrained missing run ran runs running away trauma attachment behaviour safe safety safeguarding risk risks concern
concerns disclosure allegation investigation complaint complaints ombudsman inquiry commission evidence independent question
questions answer answers survey discussion group groups workshop project charity trust voice voices views view listen listened
listens listening heard hear hears tell tells told telling say says said saying speak speaks spoke talk talks talked talking
ask asks asked asking write writes wrote written writing read reads reading sign signs signed signing support supports supported
supporting help helps helped helping love loves loved luv loving hate hates hated miss misses missed missing want wants wanted wanna wana wish wishes
hoped hopes hoping like likes liked need needs needed know knows knew known no kno think thinks thought thort feel feels felt feeling feelings
remember remembers forget forgets forgot forgotten understand understood believe believes believed promise promised promises lie lies lied
"""

_VERBS = """
go goes going gonna gone went come comes came coming get gets got getting gotten give gives gave given giving take takes took taken
taking make makes made making put puts putting let lets letting keep keeps kept leave leaves left leaving live lives lived living
stay stays stayed staying move moves moved moving see sees saw seen look looks looked lookd looking find finds found
finding watch watches watched show shows showed shown bring brings brought send sends sent spend spends spent buy buys bought sell sold
start started stop stops stopped begin began begun end ends ended finish finished wait waits waited waiting walk walked sit sits
sat stand stands stood sleep sleeps slept wake woke wakes eat eats ate eaten cook cooks cooked cry cries cried crying laugh laughs laughed
smile smiled shout shouts shouted scream screamed play plays played sing sang draw draws drew drawd drawing paint painted dance
ring rings rang rung ringing answer answered visit visits visited meet meets met change changes changed turn turns turned try tries tried
use uses used pick picked drop dropped carry carried hold holds held touch touched throw threw thrown break broke broken fix fixed
cut cuts lose loses lost win won happen happens happend happened become became grow grew grown learn learned learnt teach taught
work worked works working choose chose chosen decide decided decides agree agreed refuse refused allow allowed allows offer offered
accept accepted join joined share shared split splits follow followed lead led matter matters mattered mean means meant seem seems seemed
sound sounds sounded smell smells taste count counts counted cost costs save saved born die dies died dead kill killed
fall fell fallen pull pulled push pushed open opened close closed shut shuts set sets act check checked chase chased bother bothered
scare scared worry worried worries worrying treat treated treats judge judged blame blamed fault trust trusted trusts care cares
thank thanked hug hugs hugged wash washed clean cleaned tidy fill filled post posted publish book booked cancel cancelled arrive
arrived arrange arranged explain explained discuss complain complained contact contacted raise raised train trained
manage managed organise run attend attended record recorded receive received provide provided require required recommend
approve approved apply applied consider considered include includes included involve involved affect affected report reported
place remain remained return returned register registered request requested suggest suggested expect expected enjoy enjoyed
appreciate deserve deserves settle settled struggle struggled cope coped suffer suffered survive survived matter figure guess
reckon suppose hang hung stuck lend pass passed reach reached
"""

_THINGS = """
good gd great nice kind best better bad worse worst big bigger biggest small little lil tiny long short tall high low hard harder
easy soft hot cold warm cool wet dry dark light bright loud quiet quick quickly fast slow late early happy sad angry mad cross upset
lonely tired poorly ill sick sore well fine alright okay proud brave strong weak clever smart stupid daft silly funny weird strange
strict fair unfair true false real fake full empty free busy ready sure certain clear different diffrent difficult important special
normal usual possible impossible wrong close far further near local national private public personal open honest simple
lovely beautiful pretty ugly horrible awful terrible amazing brilliant fantastic wonderful perfect excellent outstanding decent
sound proper whole entire main single double common rare several various recent current final total actual lucky rich poor cheap
white red blue green yellow pink purple orange brown grey gray gold golden silver colour dirty clean messy gentle calm patient
english british welsh scottish irish polish romanian somali eritrean afghan iranian iraqi syrian kurdish albanian vietnamese
chinese indian pakistani bangladeshi nigerian ghanaian jamaican african asian caribbean european french german spanish italian
portuguese russian ukrainian turkish arabic urdu punjabi hindi bengali tigrinya amharic kazakh farsi dari pashto gypsy roma traveller
muslim christian catholic jewish sikh hindu buddhist church mosque temple chapel god allah jesus bible quran psalm matthew faith religion
england britain uk wales scotland ireland vietnam eritrea sudan ethiopia somalia afghanistan iran iraq syria turkey albania poland
romania nigeria ghana kenya jamaica pakistan india bangladesh china france germany italy spain america africa europe ukraine russia
world country countries county town towns city cities village street road area estate park beach sea river bridge hill field
shop shops pub cafe cinema library gym pool museum office offices building centre hub club clubs community site yard land land
dog dogs cat cats rabbit hamster horse pony fish bird birds fox pet pets tree trees flower flowers sun moon star stars sky rain snow
wind storm sea water fire ice air earth weather sunshine rainbow tv telly film films music song songs poem poems story stories
game games xbox playstation ps5 ps4 roblox fortnite minecraft lego football rugby cricket netball swimming boxing bike bikes scooter ball toy toys teddy blanket bed
beds bath shower toilet sofa settee chair table desk floor wall walls roof garage stairs lounge cake cakes chips pizza
sweets chocolate biscuit biscuits toast bread rice chicken jollof pasta milk coffee juice apple sandwich crisps tin tea
hair face eyes eye ear ears nose mouth hand hands arm arms leg legs foot feet head heart body skin blood bruise bruises tooth teeth
thing things way ways word words name names named nickname bit bits part parts piece side sides end start top bottom middle front
line lines list lists point points reason reasons problem problems issue issues idea ideas fact facts truth lie chance chances hope
choice choices decision decisions difference job jobs career dream dreams future past present history love joy fun luck
peace trust respect hope power control pain shame guilt anger fear grief loss trouble mess noise fuss secret secrets
joke jokes fight row argument attention advice information info news paper papers page pages picture pictures pic pics
photo photos video videos vid vids post letter card cards present presents gift party trip trips camp club course courses
training qualification apprenticeship interview job shift shifts rota caseload caseloads vacancy turnover agency profit owner
prison jail hmp custody bail probation sentence crime offence victim witness statement
internet online website wifi laptop computer tablet app apps insta instagram snap snapchat tiktok facebook whatsapp youtube
discord twitter google zoom teams outlook hotmail gmail sky netflix asda tesco aldi lidl sainsburys morrisons argos primark
mcdonalds greggs kfc boots amazon childline nspcc barnardos samaritans shout ofsted camhs cafcass nhs dwp hmrc gmc
yp lac cin cp sgo sao dols epo ico icpc mash nyas coram become unicef un uk eu bbc itv covid lockdown brexit pupil premium
children act equality human regulation schedule article judgment judgement supreme appeal high family protocol
staying put close leaving experienced experience experiences lived early permanence special guardianship
poverty neglect emotional physical sexual domestic criminal exploitation county gangs knife
re subject sent to from cc fw fwd ref date attachments dear kind regards note notes minutes present apologies action agenda
total summary conclusion chapter annex appendix figure table part question transcript automatic speech drawing poster untitled voicemail
thing whole sort type kind kinda sorta bit lot load loads bunch amount level levels standard standards quality budget funding cuts
cash cost pound penny pennies ticket fare lift ride journey miles mile distance north south east west northern southern
midlands upstairs downstairs indoors abroad
shit fuck fucking bloody hell damn crap piss pissed bitch arse wtf ffs bruv fam bare peng sick lit cringe vibe vibes
gutted buzzing sound mint class mardy nowt ginnel tea scran
none zero nought plus minus equal percent number
dunno gotta lemme gimme tryna finna outta ain dat dis da de den dem wot wat wats dat's thats that's wasnt wos woz
bcos coz fink fought nuffin somefin anyfing everyfing
reply regards best wishes cheers respectfully signed sealed anon anonymous
proceedings application directions bundle
iv evry frm abt rip whit aboot dinnae bored massive famous system systems market breakdown maths birth brick drive square print haiku media
stopwatch hall buddy interpreter translator sponsor freedom item items massive fave hoover carries carry kissed rave spelled em eva fav
pep sdq dbs bsl pru cv pin mp ptsd adhd asd odd tv dvd cd usa id ni gdpr foi dols yot mash cp la hr it ict rag nfa
strategic strategy conference recommendation recommendations response respond responded duty desk line rota rotas sleep sleepover
weather mess leaflet poster petition email inbox spreadsheet form tick box boxes column list diary diaries calendar clipboard
corridor carpet curtains window radio speaker microphone trampoline wifi tv socks trainers hoodie jumper dress shirt tie belt ring necklace
banana apples fish fingers beans soup curry noodles crisps sauce mayo ketchup butter cheese bacon eggs milkshake squash toothbrush shampoo
breathe swear spit burn burned smash smashed wrap wrapped pack packed unpack bump bumped kick kicked bite bit stole nick nicked steal robbed
guess guessed notice noticed mention mentioned describe described introduce introduced suggest warn warned threaten threatened
restrain restrained ignore ignored blame shove shoved drag dragged grab grabbed escape escaped hide hid hiding
yell yelled whisper whispered argue argued beg begged pray prayed bless blessed swim swam climb climbed race raced
draft drafted print printed photocopy photocopied copy copies original page cover title heading paragraph sentence language languages
honestly basically literally obviously actually seriously definitely probably hopefully especially particularly unfortunately
catching coming massive huge enormous giant mini main spare extra separate broken empty missing stolen bent torn burnt
lately recently eventually finally previously currently originally immediately straight straightaway
curfew rules rule reward rewards sanction sanctions privilege privileges consequence consequences incident incidents
therapist play-therapist buggy pram cot nappy nappies dummy bottle bottles scan midwife
tent caravan trailer site sites pitch boat barge lorry tractor taxi tram airport border passport passports visa visas asylum refugee refugees status
christ prophet prayer prayers easter lent advent mosque synagogue hijab turban halal kosher
prime chancellor president king queen mayor secretary union strike vote election
prefer preferred gender male female trans gay lesbian bi nonbinary pronouns ethnicity nationality religion
stormzy beyonce drake messi ronaldo rashford saka spurs arsenal cinderella batman spiderman superman peppa bluey shrek disney
monopoly uno scrabble toblerone lynx nandos nando's wetherspoons ikea b&m poundland matalan costa starbucks subway timpson timpsons lidls
astra corsa fiesta transit volvo bmw audi toyota
siri cortana
clerk wing travel surname served serve charge charges participant participants season committee briefing refuge sheet sheets lyrics urgent expert experts quote quotes
collage comic feedback favourite pencil crayon felt pen pens artist artists workforce sufficiency dislike dislikes fail failed failing po he'd we'd you'd i'd
potholes parish apologies absent chairperson treasurer trustee volunteer volunteers minister curate congregation choir
laughter tears hugs crying silence breath thread needle cloth blanket quilt stitch frame canvas clay wood metal glass plastic cardboard
alleged proposed draft confidential private strictly discharge admission referral referrals diagnosis symptoms triage
purpose aim aims outcome outcomes target targets measure measures strategy framework model approach theme themes finding findings
virtual regional northern annual weekly daily monthly fortnightly termly
threshold contempt
"""


def all_of(*lists: str) -> frozenset[str]:
    """Read word lists that are written as a person would write them."""
    return frozenset(word for words in lists for word in words.split())


COMMON = all_of(_GRAMMAR, _PEOPLE, _CARE, _VERBS, _THINGS)

_REPEATED = re.compile(r"(.)\1{2,}")
_SHORTEST_WITH_S = 3
_ENDINGS = (
    "tion", "tions", "sion", "sions", "ment", "ments", "ness", "ingly", "fully", "able", "ible", "ful", "less", "ously", "ous",
    "ically", "ity", "ities", "ism", "ists", "ology", "ised", "ized", "ising", "izing", "ought", "ould", "ship", "ships",
    "wards", "where", "thing", "body", "self", "selves", "times", "ately", "ively", "ative", "atives", "ance", "ances", "ences", "ings",
)  # fmt: skip
_STEM = (
    "s",
    "es",
    "ed",
    "d",
    "ing",
    "in",
    "er",
    "ers",
    "ly",
    "y",
    "n't",
    "nt",
    "ies",
    "est",
    "'d",
    "'ll",
    "'ve",
    "'re",
)


def is_common(word: str) -> bool:
    """Say whether a folded word is ordinary, in this form or a worked-out one.

    >>> is_common("lesson"), is_common("shouting"), is_common("disappointment"), is_common("adaeze")
    (True, True, True, False)
    """
    if word in COMMON or len(word) < 2:
        return True
    if "-" in word:
        return all(is_common(part) for part in word.split("-"))
    if len(word) > 6 and word.endswith(_ENDINGS):
        return True
    for ending in _STEM:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2:
            if stem in COMMON or stem + "e" in COMMON or stem + "y" in COMMON:
                return True
            if stem[-1] == stem[-2] and stem[:-1] in COMMON:
                return True
    return False


def forms(word: str) -> tuple[str, ...]:
    """List what a sloppily typed name may be, itself first; an ordinary word is only itself.

    >>> forms("leahs"), forms("joyyy"), forms("this")
    (('leahs', 'leah'), ('joyyy', 'joy', 'joyy'), ('this',))
    """
    found = [word]
    if word not in COMMON:
        if len(word) > _SHORTEST_WITH_S and word.endswith("s"):
            found.append(word[:-1])
        if _REPEATED.search(word):
            found += [_REPEATED.sub(r"\1", word), _REPEATED.sub(r"\1\1", word)]
    return tuple(dict.fromkeys(found))
