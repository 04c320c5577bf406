"""The second look, by other means: what of the words that are left may still say who somebody is."""

import re

from services.anonymiser.rules import name_cues as cues
from services.anonymiser.rules.common_words import is_common
from services.anonymiser.rules.given_names import GIVEN, WORDS_TOO
from services.anonymiser.rules.helplines import is_helpline
from services.anonymiser.rules.spans import Folded

_DIGITS = re.compile(r"(?<![£$€0-9.,])[0-9][0-9oil]{4,}(?![0-9])")
_AT = re.compile(r"\S{0,40}@\S{0,40}")
_PLAIN_ENDING = re.compile(r"..(?:ing|ed|ers|ists?|als?|ly|ics|ory|ings)$|'(?:d|ll|ve|re|m|s)$")
_ACRONYM = (3, 4)


def places(folded: Folded) -> list[tuple[int, int]]:
    """List the doubtful places, in the folded text of what is left."""
    found = [m.span() for m in _AT.finditer(folded.text)]
    found += [
        m.span() for m in _DIGITS.finditer(folded.text) if not is_helpline(re.sub("[^0-9]", "", m.group()))
    ]
    for i, word in enumerate(folded.words):
        if _name_like(folded, i):
            found.append((word.start, word.end))
    return sorted(set(found))


def _name_like(folded: Folded, i: int) -> bool:
    word = folded.words[i]
    if len(word.base) < 2 or "-" in word.base:
        return False
    strange = not is_common(word.base)
    if word.base in GIVEN and strange:
        return True
    if not strange and word.base not in WORDS_TOO:
        return False
    if word.base in cues.GRAMMAR:
        return False
    if cues.points_at(folded, i):
        return True
    if (
        strange
        and word.capital
        and folded.trusts_capitals
        and not (word.shout and len(word.base) in _ACRONYM)
    ):
        return not word.opens or (
            folded.minds_capitals and len(word.base) > 2 and not _PLAIN_ENDING.search(word.base)
        )
    return False
