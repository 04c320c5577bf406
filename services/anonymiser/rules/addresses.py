"""Addresses in prose: a number or a house name with a street is direct, a street alone is not."""

import re

from services.anonymiser.rules.common_words import all_of, is_common
from services.anonymiser.rules.digits import ONES, TEENS, TENS
from services.anonymiser.rules.spans import DIRECT, QUASI, Finds, Folded, Found

_SURE = r"(?:road|rd|street|lane|ln|avenue|ave|crescent|cres|terrace|grove|gardens|gdns|boulevard)"
_TYPE = rf"(?:{_SURE}|st|close|drive|dr|way|court|ct|place|rise|row|hill|view|walk|square|mews|green|park|parade|wharf|quay|fold|gate|mount|croft|rake|wynd|bank|vale|heights|towers?|buildings|the sluice)"
_SPOKEN = rf"(?:(?:{'|'.join(TENS)})[ -](?:{'|'.join(list(ONES)[3:])})|{'|'.join([*TEENS, *TENS, *list(ONES)[4:]])})"
_NUMBER = rf"(?:[0-9]{{1,4}}[a-z]?(?:[/-][0-9]{{1,4}}[a-z]?)?|{_SPOKEN})"
_NAME = r"(?:[a-z][a-z'.-]{1,20}\s)"
_UNIT = r"(?:(?:flat|apt|apartment|unit|room|rm|block|floor)\s?[0-9a-z]{1,4},?\s{1,2}|[0-9](?:st|nd|rd|th) floor,\s)"
_NUMBERED = re.compile(
    rf"(?<![\w£.:/-]){_UNIT}?(?:(?:number|no\.?|num)\s)?{_NUMBER},?\s((?:the\s)?{_NAME}{{0,3}}?{_TYPE})(?![\w])"
)
_THE_STREET = re.compile(
    rf"(?<![\w£.:/-])(?:(?:number|no\.?|num)\s)?{_NUMBER}\s(?:the)\s(?:crescent|close|avenue|green|square|street|drive|grove|terrace|mews|sluice|parade|row|lane|courtyard|quay|hill)(?!\w)"
)
_NUMBER_ONLY = re.compile(
    r"\b(?:live at|lives at|lived at|house was|house is|house number|moved to|at|address is|home is)\s((?:number|no\.?)\s?[0-9]{1,4}[a-z]?)(?![\w£%])"
)
_FLAT = re.compile(
    r"(?<!\w)(?:flat|apt|apartment|rm|room)\s[0-9]{1,3}[a-z]?,?\s((?:the\s)?[a-z'-]{3,20}(?:\s(?:house|court|lodge|tower|towers|point|building|buildings|heights))?)(?!\w)"
)
_STREET = re.compile(rf"(?<![\w-])((?:{_NAME}){{1,2}}{_TYPE})(?![\w'-])(?!\s{_SURE})")
_HOUSE_AND_STREET = re.compile(
    rf"(?<!\w)((?:[a-z'-]{{3,20}}\s){{0,2}}(?:cottage|house|lodge|farm|chambers|hall|villa|forge|barn|bungalow),\s(?:{_NUMBER}\s)?(?:[a-z'-]{{2,20}}\s){{1,2}}{_TYPE})(?!\w)"
)
_DX = re.compile(r"(?<!\w)(?:dx|po box)\s[0-9]{2,6}(?!\w)")
_PLACING = re.compile(r"\b(?:on|in|at|down|up|to|of|off|near|from|by|over)\s(?:the\s)?$")


def find(folded: Folded) -> Finds:
    text = folded.text
    for match in _NUMBERED.finditer(text):
        if _street_name(match.group(1)):
            yield Found(*match.span(), "ADDRESS", DIRECT, "address")
    for pattern in (_THE_STREET, _DX):
        for match in pattern.finditer(text):
            yield Found(*match.span(), "ADDRESS", DIRECT, "address")
    for match in _NUMBER_ONLY.finditer(text):
        yield Found(*match.span(1), "ADDRESS", DIRECT, "house number")
    for match in _FLAT.finditer(text):
        if not all(is_common(w) for w in match.group(1).split()) or match.group(1).startswith("the "):
            yield Found(*match.span(), "ADDRESS", DIRECT, "flat")
    for match in _HOUSE_AND_STREET.finditer(text):
        if _street_name(match.group(1).split(",")[1].strip()):
            yield Found(*match.span(1), "ADDRESS", DIRECT, "house and street")
    for match in _STREET.finditer(text):
        yield from _street(folded, match)


def _street_name(said: str) -> bool:
    """Tell a street's name from words that happen to end like one: "9 months close", "2 of my way"."""
    names = said.split()[:-1]
    if any(name in _SMALL for name in names):
        return False
    return (
        bool(names)
        and (not all(is_common(w) for w in names) or names[-1] in _PLAIN_NAMES)
        and names[-1] not in _NOT_A_NAME
    )


_PLAIN_NAMES = all_of(
    """
    high church station school park mill green north south east west old new long king queen main hill
    chapel bridge victoria london
    """
)
_SMALL = all_of(
    """
    on in at with and from to by for or near is are was were who at
    """
)
_NOT_A_NAME = all_of(
    """
    months month weeks years days hours miles minutes my the a of this that their our his her no very so
    too
    """
)


def _street(folded: Folded, match: re.Match[str]) -> Finds:
    words = match.group(1).split()
    start = match.start(1)
    while len(words) > 1 and ((is_common(words[0]) and not folded.capital(start)) or words[0] in _NOT_A_NAME):
        start += len(words[0]) + 1
        words = words[1:]
    if len(words) < 2 or folded.text[start : match.end(1)].split() != words:
        return
    end = match.end(1)
    last = end - len(words[-1])
    if folded.trusts_capitals and folded.capital(start) and folded.capital(last):
        if not all(is_common(w) for w in words[:-1]) or re.fullmatch(_SURE, words[-1]):
            yield Found(start, end, "ADDRESS", QUASI, "street")
    elif (re.fullmatch(_SURE, words[-1]) and not any(is_common(w) for w in words[:-1])) or (
        not any(is_common(w) for w in words[:-1])
        and re.fullmatch("close|row|fold|court", words[-1])
        and _PLACING.search(folded.text, max(0, start - 12), start)
    ):
        yield Found(start, end, "ADDRESS", QUASI, "street")
