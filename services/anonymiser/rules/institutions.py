"""Schools, homes and local organisations, by the word that ends their name or the cue before it."""

import re

from services.anonymiser.rules.common_words import COMMON, all_of, is_common
from services.anonymiser.rules.given_names import GIVEN, WORDS_TOO
from services.anonymiser.rules.places import PLACES
from services.anonymiser.rules.spans import DIRECT, QUASI, Finds, Folded, Found

_SCHOOL = r"(?:(?:c of e |catholic |community |junior |infant |primary |high |secondary |special |grammar )*(?:school|academy|nursery|juniors|infants|grammar|primary|high|comprehensive|comp|college|sixth form|university|prep|pru))"
_HOME = r"(?:(?:children'?s'? )?home|house|lodge|court|view|hall|manor|cottage|grange|villa|fostering|foster care|refuge|hostel|gardens|children'?s (?:home|unit)|secure)"
_ORG = (
    r"(?:contact centre|family centre|children'?s centre|health centre|centre|family hub|hub|youth club|club|clinic|surgery|practice|hospital|infirmary|ward|unit|hospice"
    r"|solicitors?|llp|ltd|cic|church|chapel|mosque|gurdwara|temple|synagogue|parish|trust|project|advocacy|cafe|inn|arms|rufc|fc|afc|colts|foundation"
    r"|rooms|gym|taxis|cabs|society|association|chambers|scouts|guides|brownies|cadets|dojo|theatre|library|police|mission|kitchen|farm|forum|collective)"
)
_NAME = r"(?:(?:st\.|&|[a-z][a-z'-]*) )"
_ENDED = re.compile(rf"(?<![\w'-])({_NAME}{{1,4}}?)({_SCHOOL}|{_HOME}|{_ORG})(?![\w'-])")
_SAINT = re.compile(r"(?<!\w)(?:st|saint)\.?\s[a-z]{3,15}(?:'s|s')?(?![\w])")
_YSGOL = re.compile(
    r"(?<!\w)ysgol(?:\s[a-z]{2,12}){1,3}?(?=\s(?:was|is|in|and|they|she|he|where|when|but)\b|[.,;!?\n]|$)"
)
_PRISON = re.compile(r"(?<!\w)(?:hmp|hmyoi|yoi)(?:\s(?:and|&)\syoi)?\s[a-z]{3,15}(?!\w)")
_UNIVERSITY = re.compile(r"(?<!\w)university of [a-z]{3,15}(?!\w)")
_THE_TREES = re.compile(
    r"\b(?:at|in|to|from|of|left|called)\s(the (?:old |little |big )?(?:willows|limes|beeches|oaks|elms|firs|pines|hollies|cedars|poplars|birches|laurels|maples|rowans|hawthorns|"
    r"sycamores|chestnuts|orchards?|vicarage|rectory|gables|mount|grange|larches|hollows|coppice|spinney|anchorage|haven|heights|meadows|lodge|croft|glade|bungalow|larks|ashes|paddocks?))(?!\w)"
)
_AT = re.compile(r"\b(?:at|in|from|to|left|into|of|called|placement|staff at|go)\s$")
_AT_STRONG = re.compile(
    r"\b(?:at|staff at|run by|(?:home|placement|unit) (?:is )?called|left|was in|been in|i went to|put me in|put him in|put her in|living in|lived in|stayed at)\s(?:the )?$"
)
_SCHOOL_CUE = re.compile(
    r"\b(?:go to|goes to|went to|go|teacher at|school is|school called|head at|year (?:[0-9]|1[0-3]) at|review at|school:)\s$"
)
_HOUSE_ENDING = re.compile(
    r".{2,}(?:dene|lea|leigh|wood|brook|field|croft|mead|hurst|holt|mere|cliffe?|dale|side|view|lands|bank|stead|bourne|thorpe|wick|ridge|burn|mount)$"
)
_PETS = r"(?:dog|cat|horse|pony|hamster|rabbit|budgie|goldfish|puppy|kitten|guinea pig|parrot|tortoise|boat|narrowboat|barge|teddy)"
_PET = re.compile(
    rf"\b{_PETS}(?:,| is| was|s)?(?: called| named|'s name is|s name is| name is|,)?\s(?:the\s)?([a-z]{{3,15}}(?:\s[a-z]{{3,15}})?)(?!\w)"
)
_THE_PET = re.compile(rf"(?<!\w)([a-z]{{3,15}}) (?:the|my|our|his|her) {_PETS}(?!\w)")
_SHORTEST = 4
_NEXT_WORD = re.compile(r" [a-z]{3,}")
_NATIONAL = all_of(
    """
    nhs national british family youth supreme high crown county magistrates home foster children's
    childrens premier open local
    """
)


def find(folded: Folded) -> Finds:
    text = folded.text
    for match in _ENDED.finditer(text):
        start = _name_start(folded, match)
        if start is not None:
            yield _judged(start, match.end(), match.group(2))
    for match in _SAINT.finditer(text):
        if not match.group().startswith("saint ") or not is_common(match.group().split()[1]):
            school = _SCHOOL_CUE.search(text, max(0, match.start() - 20), match.start())
            yield Found(*match.span(), "SCHOOL" if school else "HOME", DIRECT, "saint's name")
    for pattern, label, kind in (
        (_YSGOL, "SCHOOL", DIRECT),
        (_PRISON, "ORG", QUASI),
        (_UNIVERSITY, "SCHOOL", QUASI),
    ):
        for match in pattern.finditer(text):
            yield Found(*match.span(), label, kind, "institution")
    for match in _THE_TREES.finditer(text):
        yield Found(*match.span(1), "HOME", DIRECT, "home")
    yield from _bare(folded)
    yield from _pets(folded)


def _name_start(folded: Folded, match: re.Match[str]) -> int | None:
    """Find where the name itself begins: after the last small word, and never with ordinary words alone."""
    words = match.group(1).split()
    keep = len(words)
    while (
        keep
        and words[keep - 1] not in _OPENERS
        and not (
            words[keep - 1] in COMMON
            and not _shown(folded, match, words, keep - 1)
            and words[keep - 1] not in _IN_NAMES
        )
    ):
        keep -= 1
    name = words[keep:]
    while name and name[0] in _IN_NAMES and not _shown(folded, match, words, len(words) - len(name)):
        name = name[1:]
    if not name or all(n in _NATIONAL for n in name):
        return None
    strange = any(not is_common(n) or n in WORDS_TOO for n in name)
    shown = _shown(folded, match, words, len(words) - len(name)) and folded.capital(match.start(2))
    start = match.start(2) - len(" ".join(name)) - 1
    cued = match.group(2) not in _TOO_COMMON or _AT.search(folded.text, max(0, start - 14), start)
    if not (shown or (strange and cued)):
        return None
    return start


def _shown(folded: Folded, match: re.Match[str], words: list[str], i: int) -> bool:
    return folded.trusts_capitals and folded.capital(match.start(2) - len(" ".join(words[i:])) - 1)


_IN_NAMES = all_of(
    """
    green hill park road street high church old new north south east west saint wood field river bridge
    community family young white black red blue sky sea lady first city
    """
)
_TOO_COMMON = all_of(
    """
    house home unit court club trust society parish police kitchen farm view hall garden gardens church
    temple ward project rooms high primary prep comp library guides forum secure foster care inn arms
    cafe gym
    """
)
_OPENERS = all_of(
    """
    the a an my our his her their your this that in at from to and but i we he she they it is was for
    with on of when then no every some any all by or as if so not what who are were be has had have said
    which each one last next
    """
)


def _judged(start: int, end: int, ending: str) -> Found:
    if re.fullmatch(_SCHOOL, ending):
        later = ending in ("college", "university", "sixth form")
        return Found(start, end, "SCHOOL", QUASI if later else DIRECT, "school")
    if re.fullmatch(_HOME, ending):
        return Found(start, end, "HOME", DIRECT, "home")
    return Found(start, end, "ORG", QUASI, "organisation")


def _bare(folded: Folded) -> Finds:
    """A strange word after "at" is a home or a school; one that ends like a house needs less."""
    text = folded.text
    for word in folded.words:
        if (
            len(word.base) < _SHORTEST
            or is_common(word.base)
            or word.base in GIVEN
            or word.base in PLACES
            or (folded.minds_capitals and not word.capital)
        ):
            continue
        before = max(0, word.start - 30)
        strong = _AT_STRONG.search(text, before, word.start)
        if strong or (_HOUSE_ENDING.fullmatch(word.base) and _AT.search(text, before, word.start)):
            school = _SCHOOL_CUE.search(text, before, word.start)
            end = word.base_end
            following = _NEXT_WORD.match(text, end)
            if following and not is_common(following.group()[1:]) and folded.capital(end + 1) == word.capital:
                end = following.end()
            yield Found(word.start, end, "SCHOOL" if school else "HOME", DIRECT, "named after at")


def _pets(folded: Folded) -> Finds:
    for match in _PET.finditer(folded.text):
        said = match.group(1)
        first, _, second = said.partition(" ")
        called = "call" in match.group() or "name" in match.group()
        if called or not is_common(first) or (folded.minds_capitals and folded.capital(match.start(1))):
            both = second and folded.minds_capitals and folded.capital(match.end(1) - len(second))
            yield Found(
                match.start(1),
                match.end(1) if both else match.start(1) + len(first),
                "OTHER",
                QUASI,
                "pet or boat",
            )
    for match in _THE_PET.finditer(folded.text):
        if not is_common(match.group(1)):
            yield Found(*match.span(1), "OTHER", QUASI, "pet or boat")
