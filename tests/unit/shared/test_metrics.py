"""One list of metrics: well named, with closed labels, made and used; and counting that never stops anything."""

import ast
import asyncio
import inspect
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from services.ledger.adapters.figures import _COLUMNS
from services.ledger.rules.alarms import SAID
from services.reader.adapters.tasks import TASKS
from services.replies.adapters.rows import State
from shared.concerns.ladder import Result
from shared.contracts.topics import GROUPS, INTAKES, service_of
from shared.messaging import arrival
from shared.telemetry import labels
from shared.telemetry.labels import Label, why_dead
from shared.telemetry.listing import PAGE, page
from shared.telemetry.meters import NOWHERE, Figure, Meters
from shared.telemetry.metrics import Kind, Metric, of_service
from tests.support.tree import ROOT, modules_of, python_files, services, tree_of

UNITS = ("seconds", "bytes", "rows", "records", "parts", "events", "accessions")
PLAIN = {
    "heard_line_halted",
    "heard_pager_can_ring",
    "heard_pager_database",
    "heard_concerns",
    "heard_dead_letters",
}
MOST_SERIES = 700


def values(text: str, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


async def shown(meters: Meters) -> str:
    return (await meters.exposition()).decode()


@pytest.mark.parametrize("metric", Metric)
def test_a_metric_is_named_as_prometheus_wants(metric: Metric) -> None:
    spec = metric.spec
    assert re.fullmatch(r"heard_[a-z]+(_[a-z]+)*", spec.name)
    assert spec.name.endswith("_total") == (spec.kind is Kind.COUNTER)
    assert spec.name.endswith("_seconds") or spec.kind is not Kind.HISTOGRAM
    assert bool(spec.buckets) == (spec.kind is Kind.HISTOGRAM)
    assert list(spec.buckets) == sorted(spec.buckets)
    assert spec.help.endswith(".")
    assert spec.services
    assert "_milli" not in spec.name
    assert "minutes" not in spec.name


def test_no_two_metrics_have_one_name() -> None:
    assert len({metric.spec.name for metric in Metric}) == len(Metric)
    assert len({id(metric) for metric in Metric}) == len([*Metric.__members__])


@pytest.mark.parametrize("metric", Metric)
def test_a_label_is_a_short_word_of_ours(metric: Metric) -> None:
    for label in metric.spec.labels:
        assert label.values
        assert len(set(label.values)) == len(label.values) <= 30
        assert all(re.fullmatch(r"[a-z0-9_.-]{1,24}", one) for one in label.values)
        assert not re.search(r"_id$|address|sender|number|word", label.name)


@pytest.mark.parametrize("service", services())
async def test_a_service_has_few_series(service: str) -> None:
    lines = (await shown(Meters(service))).splitlines()
    assert 0 < len([line for line in lines if not line.startswith("#")]) < MOST_SERIES


def test_labels_hold_what_they_are_made_from() -> None:
    assert set(labels.TASK.values) == set(TASKS)
    assert set(labels.SENT.values) <= {state.value for state in State}
    assert set(labels.SENDING.values) == {state.value for state in State} - set(labels.SENT.values)
    assert set(labels.RING.values) == {result.value for result in Result} - {"asking"}
    assert set(labels.STATE.values) == {state.value for state in _COLUMNS}
    assert set(labels.ALARM.values) == set(SAID)
    assert set(services()) <= set(labels.SERVICES)
    assert set(labels.INTAKES) == set(INTAKES.values())
    assert set(labels.CONSUMERS) == {service_of(group) for group in GROUPS}


def test_every_reason_that_a_record_cannot_be_read_for_is_known() -> None:
    told = set(re.findall(r'Rejected\("(\w+)"\)', inspect.getsource(arrival)))
    told |= {"header_null", "header_not_ascii"}
    assert {why_dead(reason) for reason in told} == {"undecodable"}


def used(paths: Iterable[Path]) -> set[str]:
    return {
        node.attr
        for path in paths
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Metric"
    }


@pytest.mark.parametrize("service", services())
def test_a_service_counts_only_what_is_its_own(service: str) -> None:
    assert used(modules_of(service)) <= {metric.name for metric in of_service(service)}


def test_every_metric_is_counted_somewhere() -> None:
    assert used(python_files("services", "shared")) == set(Metric.__members__)


def test_the_page_is_made_from_the_list() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m shared.telemetry.listing"


def test_nothing_is_made_past_the_list() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in python_files("services", "shared")
        if "prometheus_client" in path.read_text(encoding="utf-8")
    ]
    assert found == ["shared/telemetry/meters.py"]
    Meters("triage")
    assert not [one for one in REGISTRY._names_to_collectors if one.startswith("heard")]


# Counting.


async def test_a_counter_is_there_from_the_start_and_counts() -> None:
    meters = Meters("reader")
    assert values(await shown(meters), "heard_records_handled_total") == {
        ("reader-text",): 0,
        ("reader-media",): 0,
        ("reader-delete",): 0,
    }
    meters.count(Metric.HANDLED, 3, group="reader-media")
    assert values(await shown(meters), "heard_records_handled_total")["reader-media",] == 3


async def test_what_is_not_in_the_closed_set_is_other_and_never_said() -> None:
    meters = Meters("sms_intake")
    meters.count(Metric.REFUSED, status="+447700900123")
    meters.count(Metric.REFUSED)
    told = await shown(meters)
    assert "447700900123" not in told
    assert values(told, "heard_intake_refused_total")["other",] == 2


async def test_a_wrong_call_stops_nothing() -> None:
    for meters in (NOWHERE, Meters("triage")):
        meters.count(Metric.RINGS, step="1", result="sent")
        meters.observe(Metric.FIRST_RING, 1)
        meters.set(Metric.CAN_RING, 1)
        meters.observe(Metric.LEVELS, 1)
        meters.count(Metric.LEVEL_AFTER)
        assert "heard_rings" not in await shown(meters)


async def test_a_gauge_that_cannot_be_asked_for_is_absent_and_that_is_said() -> None:
    meters, away = Meters("anonymiser"), False

    async def ask() -> Iterable[Figure]:
        if away:
            raise OSError("away, and quoting nobody")
        return [(Metric.REVIEW, 4, {})]

    meters.ask("review", (Metric.REVIEW,), ask)
    told = await shown(meters)
    assert values(told, "heard_review_parts") == {(): 4}
    assert values(told, "heard_figures_unavailable") == {("review",): 0}
    away = True
    told = await shown(meters)
    assert values(told, "heard_review_parts") == {}
    assert values(told, "heard_figures_unavailable") == {("review",): 1}


async def test_a_source_that_hangs_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.telemetry.meters._PATIENCE", 0.05)
    meters = Meters("anonymiser")

    async def ask() -> Iterable[Figure]:
        await asyncio.Event().wait()
        return ()

    meters.ask("outbox", (Metric.OUTBOX_ROWS,), ask)
    assert values(await shown(meters), "heard_figures_unavailable") == {("outbox",): 1}


async def test_of_two_lanes_the_worse_is_shown_and_what_is_over_is_gone() -> None:
    meters, waits = Meters("triage"), [3.0, 9.0]
    labelled = {"group": "triage", "reason": "kafka"}
    for n in (1, 0):
        meters.near((Metric.WAITING,), lambda n=n: [(Metric.WAITING, waits[n], labelled)] if waits else [])  # type: ignore[misc]
    assert values(await shown(meters), "heard_batch_waiting_seconds") == {("triage", "kafka"): 9}
    waits.clear()
    assert values(await shown(meters), "heard_batch_waiting_seconds") == {}


def test_a_label_of_groups_has_those_of_the_service_alone() -> None:
    assert Label("group", tuple(GROUPS), own=True).of("reader") == (
        "reader-text",
        "reader-media",
        "reader-delete",
    )
    assert labels.ANY_GROUP.of("ledger") == tuple(GROUPS)
