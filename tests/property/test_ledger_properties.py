"""The ledger's promises, for any facts in any order."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.ledger.rules import Facts, Look, Mark, Parked, State, state_of
from shared.contracts.topics import GROUPS
from tests.support.ledger import ARCHIVED, ID, NOON, facts, look, mark, parked, receipt, received

PARTS = st.integers(1, 3)
SECONDS = st.integers(0, 50)
PATH = ("archive", "anonymiser")


def marks() -> st.SearchStrategy[Mark]:
    return st.one_of(
        st.builds(lambda words, after: received(words, after=after), st.sampled_from([(1,), (1, 2), ()]), SECONDS),
        st.builds(
            lambda part, code, revision, offset: mark(
                "anonymised", code, part=part, revision=revision, offset=offset, after=offset
            ),
            PARTS, st.sampled_from(["open", "held"]), st.integers(1, 3), st.integers(0, 99),
        ),
        st.builds(
            lambda part, tray, offset: mark("triaged", "medium", part=part, detail=tray, offset=offset, after=offset),
            PARTS, st.sampled_from([None, "no_words"]), st.integers(0, 99),
        ),
        st.builds(
            lambda step, part, after: mark("archived", step, part=part if step == "open" else None, after=after),
            st.sampled_from(["master", "open", "open", "level", "erased"]), PARTS, SECONDS,
        ),
    )  # fmt: skip


def letters() -> st.SearchStrategy[Parked]:
    return st.builds(
        lambda group, dead, offset, discarded: parked(
            group, dead=dead, offset=offset, after=offset, discarded_at=NOON + timedelta(hours=1) if discarded else None
        ),
        st.sampled_from(sorted(GROUPS)), st.booleans(), st.integers(0, 99), st.booleans(),
    )  # fmt: skip


def whole() -> st.SearchStrategy[Facts]:
    return st.builds(
        lambda some, parked, receipt: facts(*some, receipt=receipt, parked=tuple(parked)),
        st.lists(marks(), max_size=8, unique_by=lambda one: one.event_id),
        st.lists(letters(), max_size=4, unique_by=lambda one: (one.topic, one.offset)),
        st.sampled_from([None, receipt(), receipt(offset=None), receipt(offset=None, set_aside="too_big")]),
    ).filter(lambda known: known.first_at is not None)


def looks() -> st.SearchStrategy[Look]:
    return st.builds(
        lambda slow, outboxes, mute, behind, away: look(
            behind_groups=tuple(slow),
            outboxes={group: frozenset({ID}) for group in outboxes},
            unanswered=frozenset(mute),
            behind=behind,
            **({"committed": None} if away else {}),
        ),
        st.lists(st.sampled_from([*GROUPS, *(f"{group}.retry" for group in GROUPS)])),
        st.lists(st.sampled_from(PATH)),
        st.lists(st.sampled_from(PATH)),
        st.booleans(),
        st.booleans(),
    )


@given(known=whole(), at=looks())
def test_every_contribution_has_exactly_one_state_with_an_owner_and_a_time(known: Facts, at: Look) -> None:
    found = state_of(known, at)
    assert found.state in State
    assert found.owner and found.why and found.since is not None


@given(known=whole(), at=looks(), chance=st.randoms())
def test_the_order_in_which_facts_arrive_does_not_matter(
    known: Facts, at: Look, chance: st.DataObject
) -> None:
    some, parked = list(known.marks), list(known.parked)
    chance.shuffle(some)  # type: ignore[attr-defined]
    chance.shuffle(parked)  # type: ignore[attr-defined]
    assert state_of(Facts(ID, known.receipt, tuple(some), tuple(parked)), at) == state_of(known, at)


@given(known=whole(), at=looks())
def test_a_repeat_changes_nothing(known: Facts, at: Look) -> None:
    twice = Facts(ID, known.receipt, known.marks * 2, known.parked * 2)
    assert state_of(twice, at) == state_of(known, at)


@given(known=whole())
def test_nothing_is_missing_while_nobody_can_be_asked(known: Facts) -> None:
    """Kafka away, the ledger behind, or services mute: that is said, and is never called missing."""
    for at in (look(committed=None), look(behind=True), look(unanswered=frozenset(PATH), behind=True)):
        assert state_of(known, at).state is not State.MISSING


@given(known=whole(), at=looks())
def test_missing_only_when_nothing_else_fits(known: Facts, at: Look) -> None:
    """Written anew, and coarser than the rule: nobody on the way may have read less than everything, or have more."""
    found = state_of(known, at)
    if found.state is State.MISSING:
        codes = [(one.stage, one.code) for one in known.marks]
        assert ("archived", "erased") not in codes
        assert at.committed is not None and not at.behind
        assert found.owner not in at.unanswered
        assert not at.outboxes.get(found.owner)
        if known.marks and found.owner in PATH:
            read = [one for one in known.marks if one.topic in GROUPS[found.owner]]
            assert all(at.passed(found.owner, one.topic, one.partition, one.offset) for one in read)


@given(known=whole(), at=looks())
def test_in_flight_always_has_somebody_who_can_still_bring_it(known: Facts, at: Look) -> None:
    """A loss cannot hide: once everybody has read and published everything, nothing is in flight but the spool."""
    if state_of(known, look()).state is State.IN_FLIGHT:
        assert known.receipt is not None and known.receipt.offset is None
    assert state_of(facts(*ARCHIVED), at).state is State.ARCHIVED


@given(known=whole(), at=looks())
def test_what_is_archived_has_a_master_and_an_open_copy_of_every_part_with_words(
    known: Facts, at: Look
) -> None:
    if state_of(known, at).state is State.ARCHIVED:
        kept = {(one.code, one.part) for one in known.marks if one.stage == "archived"}
        due = {part for one in known.marks for part in one.words}
        assert ("master", None) in kept
        assert {("open", part) for part in due} <= kept
