"""The words that stand behind {a name in braces} in the lexicon, and the forms of a verb."""

from typing import Final

_IRREGULAR: Final = {
    "hit": "hit hits hitting", "beat": "beat beats beating beaten", "hurt": "hurt hurts hurting",
    "cut": "cut cuts cutting", "put": "put puts putting", "shut": "shut shuts shutting",
    "throw": "throw throws throwing threw thrown throwed", "hold": "hold holds holding held",
    "break": "break breaks breaking broke broken", "take": "take takes taking took taken",
    "make": "make makes making made", "give": "give gives giving gave given give",
    "get": "get gets getting got", "come": "come comes coming came", "go": "go goes going went gone",
    "run": "run runs running ran", "say": "say says saying said", "tell": "tell tells telling told",
    "keep": "keep keeps keeping kept", "leave": "leave leaves leaving left", "sleep": "sleep sleeps sleeping slept",
    "send": "send sends sending sent", "do": "do does doing did done", "drink": "drink drinks drinking drank drunk",
    "eat": "eat eats eating ate eaten", "feed": "feed feeds feeding fed", "bite": "bite bites biting bit bitten",
    "burn": "burn burns burning burned burnt", "bend": "bend bends bending bent", "shake": "shake shakes shaking shook shaken",
    "drive": "drive drives driving drove driven", "find": "find finds finding found", "write": "write writes writing wrote written",
    "buy": "buy buys buying bought", "bring": "bring brings bringing brought", "sell": "sell sells selling sold",
    "sit": "sit sits sitting sat", "see": "see sees seeing saw seen", "think": "think thinks thinking thought",
    "feel": "feel feels feeling felt", "die": "die dies dying died", "lie": "lie lies lying lied",
    "swear": "swear swears swearing swore sworn", "strike": "strike strikes striking struck", "stick": "stick sticks sticking stuck",
    "tie": "tie ties tying tied", "wake": "wake wakes waking woke woken", "fight": "fight fights fighting fought",
    "steal": "steal steals stealing stole stolen", "let": "let lets letting", "have": "have has having had",
    "wear": "wear wears wearing wore worn", "lose": "lose loses losing lost", "pay": "pay pays paying paid",
    "show": "show shows showing showed shown", "meet": "meet meets meeting met", "shoot": "shoot shoots shooting shot",
    "fall": "fall falls falling fell fallen", "swallow": "swallow swallows swallowing swallowed",
    "am": "am is are was were be been being", "want": "want wants wanted wanting", "kick": "kick kicks kicking kicked",
    "owe": "owe owes owed owing", "spend": "spend spends spending spent", "rape": "rape rapes raped raping",
}  # fmt: skip


def forms(verb: str) -> frozenset[str]:
    """Every form of a verb, and the dropped g of "hittin".

    >>> sorted(forms("slap"))
    ['slap', 'slapped', 'slappin', 'slapping', 'slaps']
    """
    if verb in _IRREGULAR:
        found = set(_IRREGULAR[verb].split())
    elif verb.endswith("e"):
        found = {verb, verb + "s", verb + "d", verb[:-1] + "ing"}
    elif verb.endswith("y") and verb[-2] not in "aeiou":
        found = {verb, verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing"}
    else:
        stem = verb + verb[-1] if _doubles(verb) else verb
        found = {
            verb,
            verb + ("es" if verb.endswith(("s", "sh", "ch", "x")) else "s"),
            stem + "ed",
            stem + "ing",
        }
    return frozenset(found | {form[:-1] for form in found if form.endswith("ing")})


def _doubles(verb: str) -> bool:
    return (
        len(verb) > 2
        and verb[-1] in "bdgmnprt"
        and verb[-2] in "aeiou"
        and verb[-3] not in "aeiou"
        and len(verb) < 6
    )


def words_of(line: str) -> frozenset[str]:
    return frozenset(line.split())


def _verbs(line: str) -> str:
    return " ".join(sorted(form for verb in line.split() for form in forms(verb)))


_FAMILY = "mum mums dad dads stepdad stepdads stepmum stepmums stepfather stepmother nan nans grandad grandads uncle uncles auntie aunt aunty brother sister cousin parents stepgrandad stepbrother stepson mother foster"
_STAFF = "staff carer carers teacher tutor coach keyworker worker mentor manager officer guard screw screws pastor priest imam driver doctor nurse nun nuns nightstaff screws houseparent warden"
_PARTNER = "boyfriend girlfriend partner husband wife ex fella bloke man men fella lodger landlord lad lads girl girls boy boys guy guys someone somebody older elder youngers olders elders mandem gang dealer mates them bro roommate people"
_PRONOUN = "he she they"
_CHILD = "brother brothers sister sisters baby babys bubba kid kids twins twin son daughter boy girl niece nephew cousin lad lass child children grandson granddaughter toddler mate friend bestie pupil student lads girls boys him her them little one ones stepson stepdaughter foster bairn wean"

GROUPS: Final[dict[str, frozenset[str]]] = {
    name: frozenset(" ".join(lines).split())
    for name, lines in {
        "i": ("i ive we",),
        "me": ("me us myself",),
        "my": ("my our me his her their the a ur your mums dads",),
        "person": (_FAMILY, _STAFF, _PARTNER, _PRONOUN, "<name>"),
        "family": (_FAMILY, "he she they <name>"),
        "adult": (_FAMILY, _STAFF, _PARTNER, "he she <name>"),
        "man": (
            "he man men bloke guy fella stepdad dad grandad uncle cousin brother boyfriend lodger driver coach teacher him older lad <name>",
        ),
        "staff": (_STAFF, "sw"),
        "child": (_CHILD, "<name>"),
        "victim": ("me us", _CHILD, "mum", "<name>"),
        "kid": (_CHILD,),
        "mum": ("mum mums mother she wife",),
        "lookedafter": ("mum mums dad dads carer carers stepmum stepdad parents she he they nan nans",),
        "hits": (
            _verbs(
                "hit slap punch kick beat batter whack smack thump belt wallop clout thrash whip headbutt"
            ),
            "twatted twats",
        ),
        "violent": (
            _verbs(
                "hit slap punch kick beat batter whack thump belt thrash whip spank smack strangle choke headbutt stab burn scald shake throw drag pin grab shove push bite smash pinch hurt attack assault"
            ),
        ),
        "touches": (_verbs("touch rape grope molest fondle kiss abuse rub stroke"),),
        "kill": (_verbs("kill stab shoot hang drown"),),
        "body": (
            "arm arms leg legs hand hands face head neck back ribs stomach belly tummy feet foot hair ear ears wrist wrists fingers eye nose body",
        ),
        "weapon": ("knife knives blade blades machete gun hammer bat petrol acid axe shank zombie crowbar",),
        "injury": (
            "bruise bruises bruised bruising marks mark burn burns scar scars welts welt cuts scratches swollen fingermarks lump",
        ),
        "tool": (
            "belt slipper stick cane hairbrush lead whip cable wire ruler spoon strap shoe iron lighter cigarette",
        ),
        "pills": (
            "pills tablets paracetamol ibuprofen tramadol codeine sertraline meds medication insulin bleach overdose antidepressants propranolol quetiapine methadone",
        ),
        "place": (
            "bridge viaduct tracks roof rail railway station platform reservoir cliff cliffs weir multistorey ledge canal river balcony rails quarry",
        ),
        "deadly": ("rope ligature noose razor blade pills tablets",),
        "soon": ("tonight tomorrow today later morning",),
        "now": ("now tonight",),
        "time": (
            "night nights nite day days week weeks weekend time times evening morning sunday monday tuesday wednesday thursday friday saturday",
        ),
        "day": (
            "sunday monday tuesday wednesday thursday friday saturday yesterday weekend weeks days nights breakfast dinner lunch morning night christmas easter",
        ),
        "hide": (
            "cupboard cupbord wardrobe cellar utility outhouse kennel pantry cage porch coal loft shed bathroom toilet loo attic bushes airing garage",
        ),
        "room": ("room bedroom bed shower bathroom bath bunk sleeping tent changing",),
        "no": ("no not never dont didnt doesnt isnt wont wasnt havent hasnt cant nobody without",),
        "hasnot": ("hasnt havent not never wont",),
        "number": ("<number> one two three four five six seven eight nine ten couple few",),
        "is": ("is are was were am be been being keeps kept has have had still always just",),
    }.items()
}

NEGATIONS: Final = words_of(
    "no not never dont didnt doesnt isnt wasnt arent wont wouldnt without nobody noone neither nor hasnt havent"
)

# Words that stand in nearly every message: never start matching there.
COMMON: Final = words_of(
    "a an the and or but i me my we us our you your he she they him her them his their it is are was were am be been "
    "to of in on at for with from up off out down so that this not no dont do does did have has had get got go going "
    "when if what who all just like want will would can cant one some mum dad brother sister people staff carer <name> "
    "<number> make makes made say says said tell told come comes came take took put now then there here"
)
