"""What may be read in a child process, in which kind of child, and within which limits.

A rule is `function(clear, options) -> answer`, bytes and JSON in, JSON and bytes out. Every answer names its
`outcome`, and a `reason` where that is not `words`.
"""

from dataclasses import dataclass
from typing import Final

MB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of child. One that `forks` has loaded `preload` and gives each item a process of its own.

    One that does not keeps what it loaded (a model) from item to item, and is replaced after `items` of them, or when
    it overran. `memory` is what it may allocate; `at_once` how many items are read side by side.
    """

    preload: tuple[str, ...]
    memory: int
    forks: bool = False
    at_once: int = 1
    items: int = 50
    nice: int = 10
    starts_within: float = 60.0


@dataclass(frozen=True, slots=True)
class Task:
    """`seconds` is the longest by the clock, `cpu` by the processor; `answer` the most bytes that it may say."""

    kind: str
    function: str
    seconds: float
    cpu: int
    answer: int = 64 * MB


KINDS: Final[dict[str, Kind]] = {
    "mail": Kind(preload=("services.reader.rules.mail",), memory=768 * MB, forks=True, at_once=2, nice=5),
    "sound": Kind(preload=("services.reader.adapters.hearing",), memory=1536 * MB, starts_within=120),
    "picture": Kind(preload=("services.reader.adapters.seeing",), memory=1536 * MB, starts_within=120),
}

TASKS: Final[dict[str, Task]] = {
    "mail": Task("mail", "services.reader.rules.mail:parse", seconds=30, cpu=20, answer=96 * MB),
    "plain": Task("mail", "services.reader.rules.plain:parse", seconds=20, cpu=10, answer=4 * MB),
    "sound": Task("sound", "services.reader.adapters.hearing:hear", seconds=1800, cpu=1700, answer=4 * MB),
    "picture": Task(
        "picture", "services.reader.adapters.seeing:see_picture", seconds=300, cpu=120, answer=4 * MB
    ),
    "document": Task(
        "picture", "services.reader.adapters.seeing:see_document", seconds=400, cpu=300, answer=4 * MB
    ),
    "dkim": Task("mail", "services.reader.rules.mail:verify", seconds=20, cpu=15),
}
