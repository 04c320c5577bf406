"""Towns, counties and councils. The list is modest and ours; a preposition of living or moving finds the rest."""

import re

from services.anonymiser.rules.common_words import is_common
from services.anonymiser.rules.given_names import GIVEN, WORDS_TOO
from services.anonymiser.rules.spans import QUASI, Finds, Folded, Found

_PLACES = """
aberdeen aberystwyth accrington aldershot altrincham alnwick ashford ashton aylesbury aycliffe banbury bangor barnet barnsley barrow basildon basingstoke
batley bedford belfast berwick beverley bexley birkenhead birmingham bishop_auckland blackburn blackpool blyth bodmin bognor bolton bootle boston
bournemouth bracknell bradford braintree brent brentwood bridgend bridgwater bridlington brighton bristol brixton bromley bude burnley burton bury_st_edmunds
buxton caerphilly calderdale camberwell camborne cambridge camden cannock canterbury cardiff carlisle carmarthen castleford catford chatham chelmsford
cheltenham chesterfield chichester chippenham chorley clacton cleethorpes colchester colwyn_bay consett corby cornwall coventry crawley
crewe cromer croydon cumbria dagenham darlington dartford deptford derby derbyshire devizes devon dewsbury doncaster dorchester dorset dover dudley dundee
durham ealing eastbourne eastleigh edinburgh enfield epsom essex evesham exeter falmouth fareham farnborough felixstowe fleetwood folkestone gateshead
gillingham glasgow glossop gloucester gloucestershire goole gosport grantham gravesend grays greenwich grimsby guildford hackney halifax haringey harlow harrogate
harrow hartlepool harwich hastings haverfordwest havering hemel hereford herefordshire hertfordshire hexham heywood hillingdon hinckley hounslow
huddersfield hull huntingdon huyton hyde ilford inverness ipswich islington jarrow keighley kendal kettering kidderminster kingston_upon_thames kirkby kirklees
knowsley lambeth lancashire lancaster launceston leamington leeds leicester leicestershire leigh lewes lewisham lichfield lincoln lincolnshire liverpool
llandudno llanelli london loughborough louth lowestoft ludlow luton mablethorpe macclesfield maidenhead maidstone manchester mansfield margate maryport medway merseyside
merthyr merthyr_tydfil middlesbrough middlesex milton_keynes mitcham morecambe morpeth moss_side nantwich neath nelson newark newbury newcastle newham
newport newquay norfolk northampton northamptonshire northallerton northumberland norwich nottingham nottinghamshire nuneaton oldham ormskirk oxford oxfordshire paignton
peckham pembroke penrith penzance perth peterborough peterlee plymouth pontefract pontypool pontypridd poole portsmouth powys preston ramsgate rawtenstall redbridge redcar redditch
redhill redruth reigate rhondda rhyl richmond rochdale rochester romford rotherham rugeley runcorn rutland salford salisbury sandwell scarborough scunthorpe
seaham sefton selby sevenoaks sheffield shrewsbury shropshire sittingbourne skegness skelmersdale skegby sleaford slough smethwick solihull somerset southall southampton southend
southport southwark spalding st_albans st_austell st_ives st_helens stafford staffordshire staines stevenage stirling stockport stockton stoke stoke-on-trent
stratford streatham stroud suffolk sunderland surrey sussex sutton swansea swindon tameside tamworth taunton teesside telford thamesmead thanet thetford thurrock
tiverton tonbridge torbay torquay tottenham tower_hamlets trafford trowbridge truro tunbridge_wells tyneside wakefield wallasey wallsend walsall waltham_forest
walthamstow wandsworth warrington warwick warwickshire watford wellingborough welwyn west_bromwich westminster weston-super-mare weymouth
whitby whitehaven whitstable widnes wigan wiltshire winchester windsor wirral wisbech woking wokingham wolverhampton woolwich worcester worcestershire workington worksop worthing
wrexham wycombe yarmouth great_yarmouth yeovil yorkshire york cheshire berkshire buckinghamshire hampshire kent bedfordshire cambridgeshire gwynedd anglesey gwent dyfed
north_tyneside south_tyneside north_somerset north_yorkshire west_yorkshire south_yorkshire east_riding north_east_lincolnshire blackburn_with_darwen brighton_and_hove
bath_and_north_east_somerset south_gloucestershire hammersmith kensington fulham hove tooting clapham acton ealing toxteth
byker handsworth harehills chapeltown hyson_green govan gorbals easterhouse ely_ splott skeg skeggy brum manny notts leics lincs lancs yorks northants hants herts bucks berks staffs worcs glos
"""
_WORDS_TOO = "bath reading bury battle ware sale deal settle march rugby sandwich wells hyde nelson poole derby kent lincoln"

PLACES = frozenset(p.replace("_", " ").strip() for p in _PLACES.split() if not p.endswith("_"))
PLACE_WORDS = frozenset(_WORDS_TOO.split())
_PARTS = sorted(PLACES | PLACE_WORDS, key=len, reverse=True)
_BODY = r"(?:(?:city|county|borough|metropolitan|mb|district|parish|town|london borough|met)\s)*(?:council|cc|mbc|bc)"
_SERVICES = r"(?:children'?s? (?:services|trust|social care)|social services|social care|local authority)"
_COUNCIL = rf"{_BODY}|{_SERVICES}"
_IS_BODY = re.compile(_BODY)
_KNOWN = re.compile(
    rf"(?<![\w@.-])({'|'.join(map(re.escape, _PARTS))})(s?)(?:'s)?(?:\s({_COUNCIL})(?!\w))?(?![\w@])(?!-[a-z])"
)
_SPORT = re.compile(
    r"\s(?:united|utd|city(?! council)|town(?! council)|rovers|wanderers|fc|afc|athletic|albion|hotspur|rhinos|forest|county(?! council)|building society|university)\b"
)
_OTHER_COUNCIL = re.compile(rf"(?<!\w)((?:[a-z][a-z'-]+ ){{1,3}}{_BODY})(?!\w)")
_LIVING = re.compile(
    r"\b(?:live|lives|lived|living|moved|moving|placed|placement|born|stay|stayed|staying|house|flat|home|dumped|sent|based|grew up|back|carer|carers|family|school|from|near|miles from|over)\s"
    r"(?:(?:me|us|him|her|them|up|down|all the way|over|out|me out|right)\s)?(?:in|to|near|from|at|outside)\s(?:the\s)?$|\b(?:im|i'm|i am|comes?|came|are|is|he's|she's|hes|shes|all the way|miles) (?:from|near)\s$|\bnear\s$"
)
_NEXT_WORD = re.compile(r" [a-z-]+")
_BEFORE = re.compile(r"\b(?:in|from|to|near|at|around|of|outside|leaving|left|near to|and)\s$")


def find(folded: Folded) -> Finds:
    text = folded.text
    for match in _KNOWN.finditer(text):
        start, name = match.start(), match.group(1)
        council = match.group(3)
        if _SPORT.match(text, match.end(1)):
            continue
        if name in PLACE_WORDS and name not in PLACES and not council and not _named(folded, start):
            continue
        if (
            (name in GIVEN or name in WORDS_TOO)
            and not council
            and not _BEFORE.search(text, max(0, start - 12), start)
        ):
            continue
        if council and _IS_BODY.fullmatch(council):
            yield Found(start, match.end(3), "LOCAL_AUTHORITY", QUASI, "council")
        else:
            label = "LOCAL_AUTHORITY" if council else "LOCATION"
            yield Found(start, match.end(2), label, QUASI, "place")
    for match in _OTHER_COUNCIL.finditer(text):
        start, said = match.start(), match.group()
        while (
            (first := said.split(" ")[0])
            and " " in said
            and is_common(first)
            and (first in ("the", "and", "of", "at") or not folded.capital(start))
        ):
            start += len(first) + 1
            said = said[len(first) + 1 :]
        first = said.split()[0]
        # "bc" in small letters is "because"
        named = not is_common(first) and (said.endswith("council") or folded.capital(match.end() - 1))
        if " " in said and named and (folded.capital(start) or not folded.minds_capitals):
            yield Found(start, match.end(), "LOCAL_AUTHORITY", QUASI, "council")
    for word in folded.words:
        if (
            len(word.base) > 3
            and not is_common(word.base)
            and _LIVING.search(text, max(0, word.start - 34), word.start)
        ):
            end = word.base_end
            following = _NEXT_WORD.match(text, end)
            if (
                word.capital
                and following
                and folded.capital(end + 1)
                and not is_common(following.group()[1:])
            ):
                end = following.end()
            if word.base not in GIVEN:
                yield Found(word.start, end, "LOCATION", QUASI, "place after a cue")


def _named(folded: Folded, start: int) -> bool:
    before = _BEFORE.search(folded.text, max(0, start - 12), start)
    return bool(before) and (folded.capital(start) or not folded.minds_capitals)
