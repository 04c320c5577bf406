"""Whether these rules may judge the words at all: English, and no court case under way."""

import re
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from services.anonymiser.rules.common_words import COMMON
from services.anonymiser.rules.given_names import GIVEN
from services.anonymiser.rules.spans import Folded

ENGLISH = "en"
OTHER = "und"  # not English, and no more than that can be said

_LATIN = re.compile(r"[a-z]")
_FOREIGN_SHARE = 0.25
_ENGLISH_SHARE = 0.45  # txt-speak and lists of names still stay above this
_POOR_SHARE = 0.2
_FEW_WORDS = 4
_SURE = 0.95
_MOST = 2000
_CREOLES = frozenset({"pcm", "sco", "jam"})

_COURT = re.compile(
    r"\b(?:(?:final|next|fact.?finding|issues.?resolution|case.?management) hearing|hearing is (?:on|at|in|next|tomorrow|listed)|listed for (?:a )?(?:final )?hearing"
    r"|(?:care|court|family|adoption|placement|ongoing|current) proceedings (?:are|is|have|has) (?:ongoing|under ?way|still|current|started|begun|live|listed|not)"
    r"|(?:ongoing|current|live|still in) (?:care |court |family )?proceedings|(?:we|i|they|im|were|we're|he|she) (?:are |is |am )?(?:still |currently |now )?in (?:court|proceedings)(?: (?:now|next|on|tomorrow|at the moment|again))"
    r"|court (?:is|date is|case is|hearing is) (?:on|next|tomorrow|this|in|still|ongoing|under ?way|coming)|(?:go|going|goes) (?:back )?to court (?:on|next|tomorrow|this|in|soon|again)"
    r"|got court (?:on|next|tomorrow|this)|judge (?:will|is going to|has not|hasnt|hasn't) decide|waiting (?:for|on) (?:the |a )?(?:judge|court|final hearing)|interim care order|we act for"
    r"|(?:before|awaiting) (?:the |a )?(?:final )?hearing|decide in court (?:next|this|on)|the case is (?:still )?(?:in court|before the court|ongoing))\b"
)


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language(folded: Folded) -> str | None:
    """Name the language where there are words enough to tell; short Latin words get the benefit of the doubt."""
    letters = [c for c in folded.text if c.isalpha()]
    if not letters:
        return None
    if sum(1 for c in letters if not _LATIN.match(c)) > _FOREIGN_SHARE * len(letters):
        return OTHER
    words = [w.base for w in folded.words if w.base not in GIVEN]
    if len(words) < _FEW_WORDS:
        return ENGLISH
    share = sum(w in COMMON for w in words) / len(words)
    if share >= _ENGLISH_SHARE:
        return ENGLISH
    code, sure = _identifier().classify(" ".join(words)[:_MOST])
    if code == ENGLISH or code in _CREOLES:
        return ENGLISH
    return str(code) if sure >= _SURE or share < _POOR_SHARE else ENGLISH


def court_is_under_way(folded: Folded) -> bool:
    """Say whether the words speak of proceedings that have not ended; what may be said of those is the court's to decide."""
    return bool(_COURT.search(folded.text))
