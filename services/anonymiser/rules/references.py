"""Court, complaint and crime numbers, plates, bank details and whatever else somebody's file is found by.

| written | label |
| --- | --- |
| ZW23C00123, BM 21 C 00456, CSC/24/00917, "crime no 05/9917/25" | CASE_NUMBER |
| YK19 ZXC, "reg bd51smr", "sort 00-99-41", "badge SD 4417" | ID_NUMBER |
"""

import re

from services.anonymiser.rules.digits import numbers
from services.anonymiser.rules.spans import DIRECT, Finds, Folded, Found

_COURT = re.compile(r"(?<![a-z0-9])[a-z]{2} ?[0-9]{2} ?[a-z] ?[0-9]{4,6}(?![0-9])")
_SLASHED = re.compile(
    r"(?<![\w£./-])(?=[a-z0-9/.-]{0,40}[0-9])[a-z0-9]{1,12}(?:[/-][a-z0-9.]{1,12}){1,5}(?![\w])"
)
_MIXED = re.compile(
    r"(?<![\w£@#./-])(?:[a-z]{1,4}[0-9]{4,12}[a-z0-9]{0,4}|[0-9]{3,10}(?![oil]+(?![a-z]))[a-z]{2,4}|[a-z][0-9]{4,}[a-z]{1,3})(?:[/-][a-z0-9]{1,4})?(?![\w@])"
)
_PLATE = re.compile(r"(?<![a-z0-9])[a-z]{2}[0-9]{2} ?[a-z]{3}(?![a-z0-9])")
_OLD_PLATE = re.compile(r"(?<![a-z0-9])(?:[a-z][0-9]{1,3} ?[a-z]{3}|[a-z]{3} ?[0-9]{1,3}[a-z])(?![a-z0-9])")
_SPACED_PLATE = re.compile(r"(?<![a-z0-9])[a-z] [a-z] [0-9] [0-9] [a-z] [a-z] [a-z](?![a-z0-9])")
_SORT_CODE = re.compile(r"(?<![\w-])[0-9ol]{2}[- ][0-9ol]{2}[- ][0-9ol]{2}(?![\w-])")
_PLATE_CUE = re.compile(r"\b(?:reg|registration|plate|car|van|taxi|motor|vehicle)\b[^.!?\n]{0,40}$")
_BANK_CUE = re.compile(r"\b(?:sort|bank|acc|account|iban)\b[^!?\n]{0,40}$")
_CASE_WORD = r"(?:case|court|crime|complaint|incident|log|file|sar|ehcp|our ref|your ref|ref(?:erence)?|ombudsman|lcs|claim|stage \d|order)"
_ID_WORD = (
    r"(?:badge|collar|urn|upn|pin|passport|acc(?:ount)?|student|staff|ucas|brp|dbs|gmc|hospital|home office|deed poll|mosaic|"
    r"liquid ?logic|social work england|registration|reg|prisoner|prison|employee|membership|licen[cs]e|unique|id|pc|wpc|nmc|orcid|"
    r"customer|case ?worker|library|card|locker)"
)
_CUED = re.compile(
    rf"\b(?:{_CASE_WORD}|{_ID_WORD})(?:'?s)?(?![a-z])(?:[ .]{{1,2}}(?:number|num|no|nr|ref|reference|id|code|pin|card|file|case|badge)\b){{0,3}}\.?"
    r"[ :,#-]{0,3}(?:(?:is|was|are|it is|its|it's|the|they gave me|gave me|of|quote|says)\s){0,2}[\s:#(\"]{0,2}"
    r"((?:[a-z]{1,5}[ /-]?){0,2}[0-9][a-z0-9/.-]{0,20}(?: [0-9][0-9a-z/-]{1,10}){0,3})(?![\w£%])"
)
_CASE = re.compile(rf"\b{_CASE_WORD}\b[^.!?\n]{{0,30}}$")
_YEARS = re.compile(
    r"(?:19|20)?[0-9]{2}[/-](?:19|20)?[0-9]{2}|24/7|[0-9]{1,2}[/-][0-9]{1,2}|[0-9]+-(?:year|month|week|day|bed|hour|minute|to|in|out|up|and|a|old)[a-z-]*"
)
_TOO_PLAIN = re.compile(
    r"[0-9]{1,3}|(?:19|20)[0-9]{2}|[0-9]{1,4}(?:st|nd|rd|th|am|pm|k|m|s|yrs?|years?|p|miles?|hrs?|mins?|weeks?|days?)"
)
_AWAY = re.compile(
    r"^(?:is|was|are|in|at|on|for|since|of|no|the|a|to|and|by|from|has|had|have|only|about|over|page|under|with)[ /-]"
)


def _digits(text: str) -> int:
    return sum(c.isdigit() for c in text)


def find(folded: Folded) -> Finds:
    text = folded.text

    def label(start: int) -> str:
        return "CASE_NUMBER" if _CASE.search(text, max(0, start - 48), start) else "ID_NUMBER"

    for match in _COURT.finditer(text):
        yield Found(*match.span(), "CASE_NUMBER", DIRECT, "court number")
    for match in _CUED.finditer(text):
        start, end = match.span(1)
        said = match.group(1)
        away = _AWAY.match(said)
        if away:
            start += away.end()
            said = said[away.end() :]
        said = said.rstrip(".-/")
        if _digits(said) > 1 and not _TOO_PLAIN.fullmatch(said):
            yield Found(start, start + len(said), label(start), DIRECT, "reference with a cue")
    for match in _SLASHED.finditer(text):
        said = match.group().rstrip(".")
        if not any(c.isalpha() for c in said) and label(match.start()) == "ID_NUMBER":
            continue  # digits alone are a phone number until something says otherwise
        if (
            _digits(said) > 2
            and not _YEARS.fullmatch(said)
            and _digits(said) * 2 >= len(said) - said.count("/") - said.count("-")
        ) or (_digits(said) > 2 and folded.capital(match.start()) and not _YEARS.fullmatch(said)):
            yield Found(match.start(), match.start() + len(said), label(match.start()), DIRECT, "reference")
    for match in _MIXED.finditer(text):
        if not _TOO_PLAIN.fullmatch(match.group()):
            yield Found(*match.span(), label(match.start()), DIRECT, "reference")
    for pattern in (_PLATE, _OLD_PLATE, _SPACED_PLATE):
        for match in pattern.finditer(text):
            start, end = match.span()
            cue = _PLATE_CUE.search(text, max(0, start - 48), start)
            shouted = (
                all(folded.capital(i) for i in range(start, end) if text[i].isalpha()) and pattern is _PLATE
            )
            if cue or shouted:
                yield Found(start, end, "ID_NUMBER", DIRECT, "plate")
    for match in _SORT_CODE.finditer(text):
        if _digits(match.group()) > 3:
            yield Found(*match.span(), "ID_NUMBER", DIRECT, "sort code")
    for number in numbers(folded):
        if len(number.digits) in (5, 6) and _BANK_CUE.search(text, max(0, number.start - 48), number.start):
            yield Found(number.start, number.end, "ID_NUMBER", DIRECT, "bank detail")
