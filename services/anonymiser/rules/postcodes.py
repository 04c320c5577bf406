"""UK postcodes: whole ones in any spacing or case, and the outward half where it stands as a place."""

import re

from services.anonymiser.rules.common_words import all_of
from services.anonymiser.rules.spans import DIRECT, QUASI, Finds, Folded, Found

AREAS = all_of(
    """
    ab al b ba bb bd bh bl bn br bs bt ca cb cf ch cm co cr ct cv cw da dd de dg dh dl dn dt dy e ec en
    ex fk fy g gl gu gy ha hd hg hp hr hs hu hx ig im ip iv je ka kt kw ky l la ld le ll ln ls lu m me
    mk ml n ne ng nn np nr nw ol ox pa pe ph pl po pr rg rh rm s sa se sg sk sl sm sn so sp sr ss st sw
    sy ta td tf tn tq tr ts tw ub w wa wc wd wf wn wr ws wv yo ze
    """
)
# inward letters leave out c i k m o v, so "1pm" and "4am" are never the end of one
_INWARD = r"[0-9][ \t]{0,2}[abd-hjlnp-uw-z][ \t]{0,2}[abd-hjlnp-uw-z](?![a-z0-9])"
_WHOLE = re.compile(rf"(?<![a-z0-9])([a-z]{{1,2}})[ \t]?[0-9][ \t]?[0-9a-z]?[ \t-]{{0,3}}{_INWARD}")
_SPACED = re.compile(rf"(?<![a-z0-9])([a-z] [a-z]?) ?[0-9] ?[0-9]? {{0,2}}{_INWARD}")
_OUTWARD = re.compile(r"(?<![a-z0-9£/-])([a-z]{1,2})([0-9][0-9a-z]?)(?![a-z0-9])(?![-/.][a-z0-9])")
_ROAD = re.compile(r"\b(?:the|on|off|road|motorway|bus|route|size|paper)\s$")
_PLACE = re.compile(r"(?:\b(?:in|from|near|postcode|round|area|live)\s(?:is\s)?|,\s?|\n)$")


def find(folded: Folded) -> Finds:
    for pattern in (_WHOLE, _SPACED):
        for match in pattern.finditer(folded.text):
            if match.group(1).replace(" ", "") in AREAS and not _plain(folded, match):
                yield Found(*match.span(), "POSTCODE", DIRECT, "postcode")
    for match in _OUTWARD.finditer(folded.text):
        start = match.start()
        if match.group(1) not in AREAS or _ROAD.search(folded.text, max(0, start - 10), start):
            continue
        if (len(match.group(1)) == 2 and folded.capital(start)) or _PLACE.search(
            folded.text, max(0, start - 14), start
        ):
            yield Found(*match.span(), "POSTCODE", QUASI, "outward postcode")


def _plain(folded: Folded, match: re.Match[str]) -> bool:
    """ "im 14 4 us" only looks like one: a word, a space, two numbers, a word."""
    words = re.fullmatch(r"(im|me|so|ha|de|la|st|no|e|s|m) [0-9]{1,2} ?[0-9] [a-z]{2}", match.group())
    return bool(words) and not folded.capital(match.start())
