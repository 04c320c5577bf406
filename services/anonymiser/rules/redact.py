"""Puts the recognisers in order, looks until nothing new is found, and writes the words out again."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from services.anonymiser.rules import (
    addresses,
    ages,
    dates,
    doubt,
    health_numbers,
    institutions,
    online,
    phones,
    places,
    postcodes,
    references,
    spelled,
)
from services.anonymiser.rules import (
    names as people,
)
from services.anonymiser.rules.again import Named
from services.anonymiser.rules.envelope import Envelope
from services.anonymiser.rules.fold import fold
from services.anonymiser.rules.language import ENGLISH, court_is_under_way, language
from services.anonymiser.rules.spans import RULES_VERSION, Finds, Folded, Found, Redacted, Span, StandIn
from services.anonymiser.rules.stand_ins import Numbering

Look = Callable[[Folded], Finds]
# A stage reads what the stages before it have left. The envelope comes first, so that nothing else can cut it up.
_ROUNDS = 8


def _stages(envelope: Envelope, named: Named) -> tuple[tuple[Look, ...], ...]:
    return (
        (envelope.find,),
        (online.find,),
        (dates.find,),
        (postcodes.find, health_numbers.find),
        (references.find,),
        (phones.find,),
        (spelled.find,),
        (named.find,),
        (addresses.find, institutions.find),
        (places.find,),
        (people.find,),
        (named.find,),
        (ages.find,),
    )


def redact(words: str, names: Sequence[str] = (), stand_ins: Sequence[StandIn] = ()) -> Redacted:
    """Take out what says who somebody is; hold what a person should look at first.

    >>> redact("my number is 07700 900123").words
    'my number is [PHONE 1]'
    """
    envelope = Envelope(names)
    named = Named()
    for known in stand_ins:
        named.remember(known.name, known.kind)
    plain = fold(words)
    spoken = language(plain)
    folded, found, settled = _look(plain, _stages(envelope, named), named)
    numbering = Numbering(stand_ins, words)
    spans = _spans(found, words, numbering)
    causes: list[str] = []
    doubtful = sorted(folded.origin(*place) for place in {*doubt.places(folded), *envelope.left(folded)})
    if doubtful:
        causes.append("doubt")
    if spoken not in (None, ENGLISH):
        causes.append("language")
    if court_is_under_way(plain):
        causes.append("court")
    if not settled:
        causes.append("failed")
    return Redacted(
        words=_write(words, spans),
        spans=spans,
        held=bool(causes),
        causes=tuple(causes),
        doubtful=tuple(doubtful),
        counts=tuple(sorted(Counter(s.label for s in spans).items())),
        stand_ins=numbering.all(),
        rules_version=RULES_VERSION,
        language=spoken,
    )


def _look(
    folded: Folded, stages: tuple[tuple[Look, ...], ...], named: Named
) -> tuple[Folded, list[tuple[Found, int, int, str]], bool]:
    """Look until a whole round finds nothing, so that reading the answer again finds nothing either."""
    everything: list[tuple[Found, int, int, str]] = []
    for _ in range(_ROUNDS):
        before = len(everything)
        for stage in stages:
            found = _apart(folded, (one for look in stage for one in look(folded)))
            everything += [
                (one, *folded.origin(one.start, one.end), folded.text[one.start : one.end]) for one in found
            ]
            for one in found:
                named.remember(folded.text[one.start : one.end], one.label)
            if found:
                folded = folded.hide((one.start, one.end, one.label) for one in found)
        if len(everything) == before:
            return folded, everything, True
    return folded, everything, False


def _apart(folded: Folded, found: Iterable[Found]) -> list[Found]:
    """Settle overlaps: the first and longest wins, and what sticks out beyond it goes too."""
    kept: list[Found] = []
    for one in sorted(dict.fromkeys(found), key=lambda f: (f.start, -f.end)):
        start = max(one.start, kept[-1].end) if kept else one.start
        text = folded.text[start : one.end]
        start += len(text) - len(text.lstrip())
        end = one.end - (len(text) - len(text.rstrip()))
        if start < end and any(c.isalnum() for c in folded.text[start:end]):
            kept.append(one._replace(start=start, end=end))
    return kept


def _spans(found: list[tuple[Found, int, int, str]], words: str, numbering: Numbering) -> tuple[Span, ...]:
    spans: list[Span] = []
    for one, start, end, text in sorted(found, key=lambda f: f[1]):
        if spans and start < spans[-1].end:
            start = spans[-1].end  # a ligature folded into two: both halves belong to the first
        if start < end:
            spans.append(Span(start, end, one.label, one.kind, one.why, numbering.write(text, one.label)))
    return tuple(spans)


def _write(words: str, spans: tuple[Span, ...]) -> str:
    out: list[str] = []
    at = 0
    for span in spans:
        out += [words[at : span.start], span.stand_in]
        at = span.end
    return "".join([*out, words[at:]])
