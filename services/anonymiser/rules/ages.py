"""Ages and school years of one person. Legal ages ("at 18"), generic years and clock times are not ages."""

import re

from services.anonymiser.rules.digits import ONES, TEENS, TENS
from services.anonymiser.rules.spans import QUASI, Finds, Folded, Found

_SPOKEN = "|".join(
    [
        rf"(?:{'|'.join(TENS)})[ -](?:{'|'.join(list(ONES)[3:])})",
        *TEENS,
        *TENS,
        *list(ONES)[5:],
        "one(?=[ -](?:year|month|week))",
    ]
)
_N = rf"(?:1[01][0-9]|[1-9]?[0-9]|{_SPOKEN})"
_UNIT = r"(?:years?|yrs?|y|months?|mths?|weeks?|wks?|days?)"
_OLD = r"(?:[ -]?olds?|/o|o)"
_END = r"(?![\w£%])(?![.:/,][0-9])(?!\s?(?:am|pm|o'?clock|times?|years? (?:ago|later)|hours?|hrs?|mins?|minutes?|miles?|kids|children|placements?|of (?:us|them)|and a half hours|st|nd|rd|th)\b)"
_EDGE = r"(?<![\w£$€#])(?<![0-9][.:/,-])"
_PEOPLE = r"(?:he|she|they|we|who|son|daughter|brother|sister|boy|girl|lad|baby|child|grandson|granddaughter|nephew|niece|cousin|twins?|[\ue001])"

_PATTERNS = (
    rf"{_EDGE}({_N}(?:[ -]{{0,2}}and a half)?[ -]{{0,2}}{_UNIT}[ -]{{0,2}}{_OLD}){_END}",  # 6yr old
    rf"{_EDGE}((?:1[0-9]|[1-9])\s?[fm]){_END}",  # 15f
    rf"{_EDGE}(?:[fm]\s?)((?:1[0-9])){_END}",
    rf"\b(?:age[ds]?|ages are)(?: of)?[ :]{{1,2}}({_N}(?:\s?{_UNIT})?){_END}",
    rf"\b(?:im|i'm|i am|i was|iam|i turned|i'd turned|i will be|ill be|i'll be|am)(?: (?:only|just|nearly|almost|about|now|like|still|a|actually|turning|around))?\s(?:um )?({_N}(?:\s?{_UNIT})?){_END}",
    rf"(?<![a-z]){_PEOPLE}(?:'?s|'re| is| are| was| were| turned| turns| will be| am|s only| is only)(?: (?:only|just|nearly|almost|about|now|like|still|turning|around|barely))?\s({_N}(?:\s?{_UNIT})?){_END}",
    rf"[\ue001]'?s?(?: is| was|,)?\s?[(,]?\s?({_N}(?:\s?{_UNIT})?)(?=[),.;\n]|$|\s?(?:and|n|&|,)\s)",
    rf"\(({_N}(?:\s?{_UNIT})?)(?:,?\s?[fm])?\)",
    rf"\b(?:adopted|pregnant|removed|fostered|arrived|homeless|sectioned|into care|in care)\s(?:at|aged)\s({_N}){_END}",
    rf"\b(?:kids|children|boys|girls|grandsons|sons|daughters|siblings|brothers|sisters) (?:are|were) ({_N}(?:\s?{_UNIT})?){_END}",
    rf"\b(?:till|until|when|since|before)\s(?:i|he|she|we|they) (?:was|were|is|am|turned)(?: (?:only|just|about|like))?\s({_N}(?:\s?{_UNIT})?){_END}",
    rf"\b(?:boy|girl|lad|baby|child|son|daughter|grandson|sister|brother|twins?)(?: of|,)\s({_N}(?:\s?{_UNIT})?){_END}",
    rf"\b(?:brothers?|sisters?|boys?|girls?|kids|children|grandsons?|twins|sons|daughters|ages)[,:(]?\s\(?({_N})(?=\s?(?:and|&|,)\s?{_N})",
    rf"\b((?:year|yr|y)\s?(?:1[0-3]|[1-9]|{'|'.join(list(ONES)[4:])}|ten|eleven|twelve|thirteen)){_END}",
    r"\b((?:1[0-3]|[7-9])[a-z])(?= (?:form|class)\b)",
    rf"[\ue002]\s?(?:,|and|&|n|\s)\s?(?:and )?({_N}(?:\s?{_UNIT})?){_END}",  # 12, 9 and 6
)
_AGES = tuple(re.compile(p) for p in _PATTERNS)
_YEAR_BEFORE = re.compile(
    r"(?:\bin|\bim|\bi'm|\bwas|\bfrom|\bhe's|\bshe's|\bhes|\bshes|\bis|\bsince|\b(?:a|my|his|her|own)|year:|\bof|[(,:-]|\n)\s?$"
)
_YEAR = re.compile(r"y(?:ea)?r?\s?(.+)")
_UNITS = re.compile(_UNIT)
_NUMBER = re.compile(r"[0-9]+")
_WORDS = re.compile("|".join([*TENS, *TEENS, *ONES]))
_SCHOOL_YEAR_STARTS_AT = 5  # year 1 holds five- and six-year-olds
_BANDS = ((4, " 0-4"), (9, " 5-9"), (12, " 10-12"), (15, " 13-15"), (17, " 16-17"), (24, " 18-24"))


def find(folded: Folded) -> Finds:
    text = folded.text
    for pattern in _AGES:
        for match in pattern.finditer(text):
            start, end = match.span(1)
            if match.group(1).startswith("y") and not _YEAR_BEFORE.search(text, max(0, start - 8), start):
                continue
            yield Found(start, end, "AGE", QUASI, "age")


def band(text: str) -> str:
    """Say of a folded age no more than its band.

    >>> band("14"), band("9 months"), band("yr 8"), band("fifteen year old"), band("sixty one")
    (' 13-15', ' 0-4', ' 10-12', ' 13-15', ' 25+')
    """
    digits = _NUMBER.search(text)
    if digits:
        years = int(digits.group()[:3])
    else:
        years = 0
        for word in _WORDS.findall(text):
            years += int(TENS[word]) * 10 if word in TENS else int(TEENS.get(word) or ONES[word])
        if not _WORDS.search(text):
            return ""
    if re.search(r"month|mth|week|wk|day", text):
        years = 0
    elif _YEAR.fullmatch(text):
        years += _SCHOOL_YEAR_STARTS_AT - 1
    return next((shown for top, shown in _BANDS if years <= top), " 25+")
