"""What is said letter by letter: "k i f a h", "s e two two p zero zero eight", "h u seven four double u x"."""

import re

from services.anonymiser.rules.digits import ONES, TEENS, TENS, TIMES
from services.anonymiser.rules.postcodes import AREAS
from services.anonymiser.rules.spans import DIRECT, Finds, Folded, Found

_NUMBER = "|".join(sorted([*ONES, *TEENS, *TENS], key=len, reverse=True))
_SAID = (
    rf"(?:double u|[a-z] for [a-z]{{3,9}}|[a-z]|zed|(?:{'|'.join(TIMES)}) (?:{_NUMBER}|[a-z])|(?:{_NUMBER})"
    r"|dash|slash|stroke|hyphen|[0-9]{1,4})"
)
_RUN = re.compile(rf"(?<![\w'])(?:(?:com|sar|ref|lcs|ehcp) )?{_SAID}(?:[ -]{_SAID}){{2,24}}(?![\w'])")
_LETTERS = re.compile(r"(?:[a-z][ -]){2,20}[a-z]")
_NAME_ENDS = re.compile(r"(?<![\w'])[a-z](?:[ -](?![0-9])[a-z]){2,15}(?![\w'])")
_LETTER = re.compile(r"\bdouble u\b|\b[a-z] for [a-z]+|\b[b-hj-z]\b|\bzed\b")
_DIGIT = re.compile(rf"[0-9]|\b(?:{_NUMBER})\b")
_CASE = re.compile(
    r"\b(?:case|court|ref|reference|complaint|sar|number is)\b[^.!?\n]{0,60}$|^(?:sar|com|ref)"
)
_POSTCODE = re.compile(r"(?:postcode|post code|avenue|road|street|lane|\ue000)[^.!?\n]{0,30}$")


def find(folded: Folded) -> Finds:
    text = folded.text
    for match in _NAME_ENDS.finditer(text):
        said = match.group()
        # "a b c" and the words "a", "i", "u", "r", "n", "x" in a row are not a spelling
        if len({*said} - set(" -aiurnxkbc&")) > 1 or len(said) > 8:
            yield Found(*match.span(), "PERSON", DIRECT, "spelled out")
    for match in _RUN.finditer(text):
        said = match.group()
        letters, digits = len(_LETTER.findall(said)), len(_DIGIT.findall(said))
        if not letters or digits < 2 or letters + digits < 5:
            continue
        start, end = match.start(), match.end()
        if _POSTCODE.search(text, max(0, start - 40), start) and said[:3].replace(" ", "")[:2] in AREAS:
            yield Found(start, end, "POSTCODE", DIRECT, "postcode, spelled out")
        else:
            cue = _CASE.search(text, max(0, start - 64), start) or _CASE.match(said)
            yield Found(start, end, "CASE_NUMBER" if cue else "ID_NUMBER", DIRECT, "spelled out")
