"""The ladder: which slots, alone or together, make which level. The first row that fits decides.

No learned weight and no sum: a safeguarding lead can read why. `levels.md`'s tie-breaks are the order of the rows.
"""

from collections.abc import Set
from typing import Final

from services.triage.rules.lexicon import Slot
from shared.contracts.values import Level

_S = Slot
SERIOUS: Final = frozenset({_S.HARM, _S.THREAT, _S.INTENT, _S.PLAN, _S.SELF_HARM})

TABLE: Final[tuple[tuple[frozenset[Slot], Level], ...]] = tuple(
    (frozenset(slots), level)
    for slots, level in (
        ((_S.DANGER,), Level.IMMEDIATE),
        ((_S.ACT,), Level.IMMEDIATE),
        ((_S.INTENT, _S.MEANS), Level.IMMEDIATE),
        ((_S.PLAN, _S.MEANS), Level.IMMEDIATE),
        ((_S.INTENT, _S.SOON), Level.IMMEDIATE),
        ((_S.PLAN, _S.SOON), Level.IMMEDIATE),
        ((_S.MEANS, _S.SOON), Level.IMMEDIATE),
        ((_S.MEANS, _S.NOW), Level.IMMEDIATE),
        ((_S.THREAT, _S.SOON), Level.IMMEDIATE),
        ((_S.THREAT, _S.NOW), Level.IMMEDIATE),
        ((_S.THREAT, _S.WEAPON), Level.IMMEDIATE),
        ((_S.INTENT, _S.PLACE), Level.IMMEDIATE),
        ((_S.PLAN, _S.PLACE), Level.IMMEDIATE),
        ((_S.HARM, _S.THIS_MINUTE), Level.IMMEDIATE),
        ((_S.SELF_HARM, _S.THIS_MINUTE), Level.IMMEDIATE),
        ((_S.INTENT, _S.THIS_MINUTE), Level.IMMEDIATE),
        ((_S.HARM, _S.HIDING, _S.NOW), Level.IMMEDIATE),
        ((_S.HARM, _S.HIDING, _S.SOON), Level.IMMEDIATE),
        ((_S.HARM, _S.NOW, _S.SOON), Level.IMMEDIATE),
        ((_S.INTENT,), Level.HIGH),
        ((_S.PLAN,), Level.HIGH),
        ((_S.MEANS,), Level.HIGH),
        ((_S.SELF_HARM,), Level.HIGH),
        ((_S.HARM,), Level.HIGH),
        ((_S.THREAT,), Level.HIGH),
        ((_S.PAST, _S.ACCESS), Level.HIGH),
        ((_S.PASSIVE, _S.PLACE), Level.HIGH),
        ((_S.WEAPON, _S.SOON), Level.HIGH),
        ((_S.WEAPON, _S.HINT), Level.HIGH),
        ((_S.HIDING, _S.HINT), Level.HIGH),
        ((_S.PAST,), Level.MEDIUM),
        ((_S.PASSIVE,), Level.MEDIUM),
        ((_S.PLACE,), Level.MEDIUM),
        ((_S.WEAPON,), Level.MEDIUM),
        ((_S.HINT,), Level.MEDIUM),
        ((_S.SAD,), Level.LOW),
    )
)


def level(slots: Set[Slot]) -> Level:
    """
    >>> level({Slot.INTENT}).value, level({Slot.INTENT, Slot.SOON}).value, level({Slot.SOON}).value
    ('high', 'immediate', 'none')
    """
    return next((to for needed, to in TABLE if needed <= slots), Level.NONE)
