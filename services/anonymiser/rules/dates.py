"""Dates and dates of birth. A month, a year, a weekday or a festival alone says nothing."""

import re

from services.anonymiser.rules.digits import ONES, TEENS, TENS
from services.anonymiser.rules.spans import DIRECT, QUASI, Finds, Folded, Found

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_SHORT = {m[:3]: m for m in MONTHS} | {m: m for m in MONTHS} | {"sept": "september"}
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?,?\s{1,2}(?:the\s)?)?"
_DAY = r"(?:3[01]|[12][0-9]|0?[1-9])"
_ORDINAL_ONES = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
_SPOKEN_DAY = (
    rf"(?:(?:twenty|thirty)[ -](?:{_ORDINAL_ONES})|{_ORDINAL_ONES}|tenth|eleventh|twelfth|thirteenth|fourteenth"
    r"|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)"
)
_YEAR = r"(?:(?:19|20)[0-9]{2}|'?[0-9]{2})(?![0-9:])"
_SPOKEN_PART = "|".join(sorted([*ONES, *TEENS, *TENS, "hundred", "thousand", "and"], key=len, reverse=True))
_SPOKEN_YEAR = rf"(?:nineteen|twenty|two thousand)(?: (?:{_SPOKEN_PART}))+(?![^\W_])"
_EDGE = r"(?<![\w£$€])(?<![0-9][./-])"
_END = r"(?![\w£])(?![./-][0-9])"

_PATTERNS = (
    # 12/03/2009, 9.5.24, 2014.06.17
    rf"{_EDGE}{_WEEKDAY}{_DAY}([./-])(?:1[0-2]|0?[1-9])\1(?:(?:19|20)[0-9]{{2}}|[0-9]{{2}}){_END}",
    rf"{_EDGE}(?:19|20)[0-9]{{2}}([./-])(?:1[0-2]|0?[1-9])\1{_DAY}{_END}",
    # 3rd of May 2011, tues 5th march, the 3rd of the 4th 2011
    rf"{_EDGE}{_WEEKDAY}{_DAY}(?:st|nd|rd|th)?\s{{0,2}}(?:of\s{{1,2}})?{_MONTH}(?![a-z])(?:,?\s{{1,2}}{_YEAR})?{_END}",
    rf"{_EDGE}{_WEEKDAY}{_DAY}(?:st|nd|rd|th)\sof\sthe\s(?:1[0-2]|0?[1-9])(?:st|nd|rd|th)(?:,?\s{_YEAR})?{_END}",
    # June 12, November 4th 2020
    rf"{_EDGE}{_WEEKDAY}{_MONTH}\.?\s{{1,2}}{_DAY}(?:st|nd|rd|th)?(?![0-9:%])(?:,?\s{{1,2}}(?:19|20)[0-9]{{2}})?{_END}",
    # twelfth of the ninth two thousand and ten, fourth of may twenty twenty one
    rf"{_EDGE}{_WEEKDAY}{_SPOKEN_DAY} (?:of )?(?:{_MONTH}|the {_SPOKEN_DAY})(?![a-z])(?: {_SPOKEN_YEAR}| {_YEAR})?{_END}",
    rf"{_EDGE}(?:boxing day|christmas (?:day|eve)|new years? (?:day|eve)|xmas (?:day|eve)) (?:19|20)[0-9]{{2}}{_END}",
)
_DATES = tuple(re.compile(p) for p in _PATTERNS)
_DAY_AND_MONTH = re.compile(
    rf"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{{0,6}}\s{_DAY}/(?:1[0-2]|0?[1-9]){_END}|{_EDGE}(?<=on )(?:the )?{_DAY}/(?:1[0-2]|0?[1-9]){_END}"
)
_BIRTH_BEFORE = re.compile(
    r"(?:d\.?\s?o\.?\s?b\.?|born|birth(?:day)?|b'?day|turn(?:s|ed|ing)\s\S{1,12})\b[^.;!?\ue000-\ue002]{0,24}$"
)
_BIRTH_AFTER = re.compile(r"[^.;!?\n]{0,12}\b(?:is|was)\s(?:my|his|her|their|our)\s(?:birth|b'?day)")
_LOOSE_BIRTH = re.compile(
    rf"(?:d\.?o\.?b\.?|date of birth|born(?: on)?|birthday(?: is)?)[\s:=-]{{1,4}}(?:is\s)?({_DAY}[\s/.-]{{1,3}}(?:1[0-2]|0?[1-9])[\s/.-]{{1,3}}(?:(?:19|20)?[0-9]{{2}}))(?![0-9])"
)
_HAS_YEAR = re.compile(
    r"[0-9]{4}|[0-9][./-][0-9]{1,2}[./-][0-9]|'[0-9]{2}|[a-z]\s[0-9]{2}$|thousand|nineteen|twenty [a-z]+$"
)
_NAMED = re.compile(rf"(?<![a-z]){_MONTH}(?![a-z])")
_NUMERIC = re.compile(r"[0-9]{1,4}[./-]([0-9]{1,2})[./-][0-9]{1,4}")
_FULL_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")


def find(folded: Folded) -> Finds:
    text = folded.text
    for match in _LOOSE_BIRTH.finditer(text):
        yield Found(*match.span(1), "DOB", DIRECT, "date of birth")
    for pattern in (*_DATES, _DAY_AND_MONTH):
        for match in pattern.finditer(text):
            start, end = match.span()
            said = match.group()
            birth = _BIRTH_BEFORE.search(text, max(0, start - 40), start) or _BIRTH_AFTER.match(text, end)
            if birth:
                yield Found(start, end, "DOB", DIRECT if _HAS_YEAR.search(said) else QUASI, "date of birth")
            elif not _only_may(folded, start, said):
                yield Found(start, end, "DATE", QUASI, "date")


def _only_may(folded: Folded, start: int, said: str) -> bool:
    """ "2 may be" is not a date."""
    return (
        said.endswith(" may")
        and not folded.text.startswith((" 1", " 2", ",", "."), start + len(said))
        and bool(
            re.match(
                r"\s(?:be|have|not|or|get|go|come|need)\b",
                folded.text[start + len(said) : start + len(said) + 6],
            )
        )
    )


def month(text: str) -> str:
    """Keep of a folded date what says little: its month, and the year where four digits give it.

    >>> month("3rd march 2023"), month("12/03/2009"), month("boxing day")
    (' March 2023', ' March 2009', '')
    """
    year = _FULL_YEAR.search(text)
    named = _NAMED.search(text)
    numeric = _NUMERIC.search(text)
    if named:
        name = _SHORT[named.group()]
    elif numeric and 1 <= int(numeric.group(1)) <= 12:
        name = MONTHS[int(numeric.group(1)) - 1]
    else:
        return ""
    return f" {name.capitalize()}" + (f" {year.group()}" if year else "")
