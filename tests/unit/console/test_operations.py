"""Facts into sentences: what is wrong, whom it touches, since when; the worst first, and nothing said twice."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.rooms.operations.rules import Facts, State, View, overview
from services.console.rooms.operations.rules.channels import WAYS
from services.console.rooms.operations.rules.facts import (
    AWAY_AFTER,
    FIRST,
    RECEIVED_BY,
    SETTLES,
    SILENT_AFTER,
    Account,
    Concerns,
    Database,
    Heard,
    Kafka,
    Letters,
    Process,
    Spool,
    Waiting,
)
from services.console.rooms.operations.rules.services import services
from services.console.rooms.operations.rules.words import ABOUT, NAMES
from shared.contracts.topics import GROUPS, INTAKES, Topic, service_of
from shared.contracts.values import Channel
from tests.support.tree import ROOT

NOW = datetime(2026, 11, 25, 3, 10, tzinfo=UTC)
BEGAN = NOW - timedelta(hours=1)
FRESH = Heard(BEGAN, NOW)
LONG_AGO = NOW - timedelta(minutes=7)
OLD = Heard(BEGAN, LONG_AGO)
SMS = Topic.SMS_RECEIVED.value


def process(name: str) -> Process:
    return Process(FRESH, spool=Spool() if name in RECEIVED_BY else None)


WELL = Facts(
    now=NOW,
    began=BEGAN,
    processes={name: (process(name),) for name in NAMES},
    kafka=Kafka(FRESH, brokers=3, most_brokers=3),
    database=Database(FRESH),
    letters=Letters(FRESH),
    concerns=Concerns(FRESH),
    account=Account(FRESH, accepted=4, archived=4),
)


def with_processes(facts: Facts, name: str, *processes: Process) -> Facts:
    return replace(facts, processes={**facts.processes, name: processes})


def stopped(*names: str, facts: Facts = WELL) -> Facts:
    for name in names:
        facts = with_processes(facts, name, replace(process(name), heard=OLD))
    return facts


def waiting(group: str, topic: str, seconds: float, behind: int = 3) -> Facts:
    lags = {(group, topic): Waiting(behind, NOW - timedelta(seconds=seconds))}
    return replace(WELL, kafka=replace(WELL.kafka, lags=lags))


def kafka_away(depth: int = 0) -> Facts:
    facts = replace(WELL, kafka=replace(WELL.kafka, heard=OLD))
    return with_processes(facts, "sms_intake", Process(FRESH, spool=Spool(depth, 100.0)))


def database_away() -> Facts:
    return replace(WELL, database=Database(OLD, refused_at=NOW))


def letter(group: str, n: int = 1) -> Facts:
    return replace(WELL, letters=Letters(FRESH, {group: Waiting(n, LONG_AGO)}))


def set_aside() -> Facts:
    return with_processes(WELL, "sms_intake", Process(FRESH, spool=Spool(set_aside=2)))


def of(view: View, name: str) -> tuple[State, str]:
    (found,) = (one for one in (*view.channels, *view.services) if one.name == name)
    return found.state, found.sentence


B, L, U, W = State.BROKEN, State.LATE, State.UNKNOWN, State.WELL


@pytest.mark.parametrize(
    ("facts", "name", "state", "says"),
    [
        (WELL, "sms", W, "Texts are being taken in, read and kept."),
        (WELL, "web", W, "What people write in the form is being taken in"),
        (stopped("sms_intake"), "sms", B, "Texts are not being taken in: Nobody can reach us by text"),
        (stopped("sms_intake"), "whatsapp", B, "WhatsApp messages are not being taken in"),
        (stopped("sms_intake"), "email", W, "Mails are being taken in"),
        (stopped("art_intake"), "partner", B, "What partners hand over is not being taken in"),
        (kafka_away(depth=12), "sms", B, "wait safely on our own disk (12 now); nobody is reading them yet because Kafka"),
        (kafka_away(), "email", B, "wait safely on our own disk; nobody"),
        (stopped("triage"), "sms", B, "wait safely; nobody is reading them yet because triage has stopped"),
        (stopped("triage", "sms_intake"), "sms", B, "Texts are not being taken in"),
        (stopped("reader"), "sms", W, "read and kept"),
        (stopped("reader"), "email", B, "nobody is reading them yet because the reader has stopped"),
        (stopped("reader"), "voice", B, "nobody is reading them yet because the reader has stopped"),
        (stopped("reader"), "whatsapp", L, "pictures and recordings wait safely because the reader has stopped"),
        (stopped("pager"), "sms", B, "nobody is rung for danger because the pager has stopped"),
        (database_away(), "sms", L, "taken in and read for danger, and phones ring"),
        (stopped("replies"), "sms", L, "Nobody is thanked yet"),
        (stopped("archive"), "sms", L, "Nothing new is put into the record yet"),
        (stopped("anonymiser"), "sms", L, "Names are not taken out yet"),
        (stopped("ledger"), "sms", W, "read and kept"),
        (waiting("triage", SMS, 20), "sms", W, "read and kept"),
        (waiting("triage", SMS, 60), "sms", L, "they are read late: the first waits since 03:09."),
        (waiting("triage", SMS, 60), "email", W, "read and kept"),
        (waiting("triage", Topic.READ, 60), "email", L, "they are read late"),
        (waiting("triage", Topic.READ, 60), "sms", W, "read and kept"),
        (waiting("triage", SMS, 600), "sms", B, "nobody is reading them yet because triage has stopped"),
        (set_aside(), "sms", B, "2 of what came could not be passed on, and waits for a person"),
    ],
)  # fmt: skip
def test_a_channel_says_what_it_means_for_people(facts: Facts, name: str, state: State, says: str) -> None:
    found = of(overview(facts), name)
    assert found[0] is state, found
    assert says in found[1]


@pytest.mark.parametrize(
    ("facts", "name", "state", "says"),
    [
        (WELL, "triage", W, "Whatever has words is read for danger as it comes."),
        (WELL, "kafka", W, "Kafka answers, with 3 brokers."),
        (stopped("triage"), "triage", B, "Triage does not answer. What people send is taken in and waits safely"),
        (stopped("pager"), "pager", B, "No phone rings, whatever people tell us. Ring the duty lead yourself"),
        (stopped("email_intake"), "email_intake", B, "mail servers keep it and try again"),
        (kafka_away(7), "sms_intake", L, "waits safely on its own disk: 7 now."),
        (kafka_away(), "triage", L, "Triage waits for Kafka."),
        (kafka_away(), "pager", L, "It asks the intakes directly"),
        (kafka_away(), "kafka", B, "nobody reads it for danger until Kafka is back"),
        (replace(WELL, kafka=Kafka(FRESH, 2, 3)), "kafka", L, "2 of 3 brokers of Kafka answer"),
        (database_away(), "postgres", B, "PostgreSQL does not answer. What people send is taken in and read for danger"),
        (database_away(), "pager", L, "Phones ring all the same"),
        (database_away(), "archive", L, "Nothing new is put into the record until it is back"),
        (database_away(), "triage", W, "read for danger"),
        (database_away(), "reader", W, "turned into words"),
        (stopped("pager", "ledger", facts=replace(WELL, database=Database(OLD))), "postgres", U, "we cannot say"),
        (waiting("archive", Topic.TRIAGED, 60), "archive", W, "put into the record"),
        (waiting("archive", Topic.TRIAGED, 130, 1), "archive", L, "The archive is late: 1 record waits."),
        (waiting("archive", Topic.TRIAGED, 2000), "archive", B, "The archive is stuck: 3 records wait."),
        (waiting("triage.retry", "triage.retry", 5, 1), "triage", L, "could not handle 1 record yet"),
        (letter("archive"), "archive", L, "1 dead letter of archive waits for a person. It is kept whole"),
        (letter("archive", 2), "archive", L, "2 dead letters of archive wait for a person. Each is kept whole"),
        (letter("reader-media"), "reader", L, "1 dead letter of reader"),
        (letter("triage"), "triage", B, "the duty lead was rung for it"),
        (letter("pager"), "pager", B, "Perhaps nobody was rung for it."),
        (set_aside(), "sms_intake", B, "has set 2 contributions aside"),
        (replace(WELL, account=Account(FRESH, 4, 3, missing=1)), "ledger", B, "1 contribution is missing"),
        (with_processes(WELL, "pager", Process(FRESH, can_ring=False)), "pager", B, "The pager can ring nobody"),
        (with_processes(WELL, "triage", process("triage"), Process(OLD)), "triage", L, "1 of 2 processes of triage does not answer"),
        (with_processes(WELL, "triage", Process(FRESH, groups={"triage": "paused"})), "triage", B, "triage is paused"),
        (with_processes(WELL, "archive", Process(FRESH, groups={"archive": "halted"})), "archive", B, "archive is halted"),
        (with_processes(WELL, "triage", Process(FRESH, NOW - SETTLES / 2)), "triage", W, "read for danger"),
        (with_processes(WELL, "triage", Process(FRESH, NOW - SETTLES * 2)), "triage", B, "has not begun its work"),
        (with_processes(WELL, "triage", Process(Heard(NOW))), "triage", U, "only just begun"),
        (with_processes(WELL, "sms_intake", Process(FRESH, spool=Spool(1, 20.0))), "sms_intake", L, "1 contribution waits in the spool"),
        (with_processes(WELL, "sms_intake", Process(FRESH, spool=Spool(9, 200.0))), "sms_intake", B, "9 contributions wait in the spool"),
    ],
)  # fmt: skip
def test_a_service_says_what_it_means_for_people(facts: Facts, name: str, state: State, says: str) -> None:
    found = of(overview(facts), name)
    assert found[0] is state, found
    assert says in found[1]


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (WELL, "Everything is well: whatever people send is taken in, read and kept."),
        (stopped("triage"), "Triage does not answer, since 03:03."),
        (stopped("archive", "triage", "ledger"), "Triage does not answer, since 03:03. 2 more things need somebody."),
        (kafka_away(), "Kafka does not answer, since 03:03."),
        (database_away(), "PostgreSQL does not answer, since 03:03."),
        (
            replace(with_processes(WELL, "pager", Process(FRESH, ringing=2)), concerns=Concerns(FRESH, 3, 2, LONG_AGO)),
            "taken in, read and kept. 2 concerns ring, and nobody has taken them, the first since 03:03.",
        ),
        (with_processes(WELL, "pager", Process(FRESH, ringing=1)), "1 concern rings, and nobody has taken it."),
    ],
)  # fmt: skip
def test_the_summary_is_one_sentence_for_whoever_has_no_time(facts: Facts, says: str) -> None:
    assert says in overview(facts).summary


def test_what_only_follows_from_a_server_being_away_is_not_told_as_wrong_by_itself() -> None:
    for facts, first in ((kafka_away(), "Kafka"), (database_away(), "PostgreSQL")):
        assert [one.what for one in overview(facts).problems] == [f"{first} does not answer"]


def test_what_is_old_is_said_to_be_old() -> None:
    facts = replace(
        kafka_away(),
        letters=Letters(OLD, {"archive": Waiting(1, LONG_AGO)}),
        account=Account(OLD),
        concerns=Concerns(OLD),
    )
    view = overview(facts)
    assert [one.partition(". ")[0] for one in view.stale] == [
        "We have not heard from Kafka since 03:03",
        "We have not heard from the list of dead letters since 03:03",
        "We have not heard from the ledger’s account since 03:03",
        "We have not heard from the list of concerns since 03:03",
    ]
    assert {one.behind for one in view.groups} == {None}, "no figure of Kafka is shown that is not known"
    assert {one.name: one.value for one in view.figures}["Not read for danger yet"] == "?"
    assert overview(WELL).stale == ()


def test_a_restart_is_no_fault_and_the_beginning_is_not_known() -> None:
    blink = replace(process("triage"), heard=Heard(BEGAN, NOW - SILENT_AFTER / 2))
    assert overview(with_processes(WELL, "triage", blink)).state is W
    new = Heard(NOW - FIRST / 2)
    facts = replace(
        WELL, processes={name: (Process(new),) for name in NAMES}, kafka=Kafka(new), database=Database(new),
        letters=Letters(new), concerns=Concerns(new), account=Account(new),
    )  # fmt: skip
    view = overview(facts)
    assert (view.state, view.problems, view.stale) == (U, (), ())
    later = overview(replace(facts, now=NOW + FIRST))
    assert later.state is B


def test_one_that_says_the_database_answers_is_believed() -> None:
    """The pager and the ledger tell of it; a late refusal of one does not outweigh the other's answer of now."""
    assert not replace(WELL, database=Database(FRESH, refused_at=NOW)).database_away
    assert replace(WELL, database=Database(OLD, refused_at=NOW - AWAY_AFTER / 2)).database_away
    assert not replace(WELL, database=Database(OLD, refused_at=LONG_AGO + timedelta(seconds=1))).database_away


def test_every_group_of_every_service_is_judged() -> None:
    for group in GROUPS:
        service = service_of(group)
        assert service in ABOUT
        assert service in NAMES
        late = waiting(group, GROUPS[group][0], ABOUT[service].broken_after.total_seconds() + 1)
        assert of(overview(late), service)[0] is B, group
        assert of(overview(letter(group)), service)[0] in (B, L), group


def test_every_runbook_that_is_named_is_there() -> None:
    from services.console.rooms.operations.rules import words

    helps = [one for one in vars(words).values() if isinstance(one, words.Help)]
    assert len(helps) > 5
    for one in helps:
        assert not one.runbook or (ROOT / "deploy" / "runbooks" / one.runbook).is_file(), one.runbook


# Properties.

moments = st.integers(-600, 5).map(lambda n: NOW + timedelta(seconds=n))
heards = st.builds(Heard, st.just(BEGAN), st.none() | moments)
spools = st.none() | st.builds(Spool, st.integers(0, 5000), st.floats(0, 5000), st.integers(0, 3))
processes = st.builds(Process, heards, st.none() | moments, spools, st.booleans(), st.integers(0, 3))
waits = st.builds(Waiting, st.integers(0, 5000), st.none() | moments)
several = st.lists(processes, min_size=1, max_size=3)
places = st.sampled_from([(group, topic.value) for group, topics in GROUPS.items() for topic in topics])
facts_of_all_kinds = st.builds(
    Facts,
    now=st.just(NOW),
    began=st.just(BEGAN),
    processes=st.dictionaries(st.sampled_from(list(NAMES)), several),
    kafka=st.builds(
        Kafka, heards, st.integers(0, 3), st.integers(0, 3), st.dictionaries(places, waits, max_size=6)
    ),
    database=st.builds(Database, heards, st.none() | moments),
    letters=st.builds(Letters, heards, st.dictionaries(st.sampled_from(list(GROUPS)), waits, max_size=4)),
    concerns=st.builds(Concerns, heards, st.integers(0, 9), st.integers(0, 9), st.none() | moments),
    account=st.builds(Account, heards, *[st.integers(0, 99)] * 5),
)


@given(facts_of_all_kinds)
def test_whatever_is_the_matter_the_page_says_it_in_whole_sentences_the_worst_first(facts: Facts) -> None:
    view = overview(facts)
    for several_of_them in (view.channels, view.services, view.problems):
        ranks: Sequence[int] = [one.state.rank for one in several_of_them]
        assert all(one <= other for one, other in pairwise(ranks))
    standing = [one.sentence for one in (*view.channels, *view.services)]
    for said in (view.summary, *standing, *(one.sentence for one in view.problems), *view.stale):
        assert said.endswith("."), said
        assert said[0].isupper() or said[0].isdigit(), said
        assert ".." not in said and "  " not in said and "None" not in said, said
    worst = min((one.state.rank for one in (*view.services, *view.channels)), default=0)
    assert view.state.rank == worst


@given(facts_of_all_kinds)
def test_a_channel_is_never_called_well_while_nobody_takes_in_or_reads(facts: Facts) -> None:
    view = overview(facts)
    states: Mapping[str, State] = {one.name: one.state for one in view.channels}
    silent = {
        name
        for name, all_of in facts.processes.items()
        if all(one.heard.is_silent(facts.now, SILENT_AFTER) for one in all_of)
    }
    for one in WAYS:
        if one.channel.value in states and ({one.intake, "triage", "pager"} & silent or facts.kafka_away):
            assert states[one.channel.value] is B


@given(facts_of_all_kinds)
def test_the_servers_are_always_told_of(facts: Facts) -> None:
    assert {"kafka", "postgres"} <= {one.name for one in services(facts)}


def test_every_channel_and_every_intake_has_its_line() -> None:
    assert {way.channel for way in WAYS} == set(Channel)
    assert {way.intake for way in WAYS} == set(INTAKES.values())
