"""Every service as it is wired: what it reads, what it writes, how it commits, and what it must be told to start."""

import importlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from faststream import AckPolicy
from prometheus_client.parser import text_string_to_metric_families
from pydantic_settings import BaseSettings

from shared.contracts.base import Event
from shared.contracts.topics import (
    GROUPS,
    INTAKES,
    MODELS,
    WRITERS,
    Topic,
    dead_of,
    retry_of,
    service_of,
)
from shared.messaging.arrival import Parked
from shared.messaging.lane import Lane
from shared.messaging.membership import PATIENCE
from shared.messaging.router import Router, _poll
from shared.service import GRACE, Service, broker_for
from shared.settings import CommonSettings
from shared.telemetry.metrics import of_service
from shared.vault.purposes import EDGE
from tests.support.keys import keys_of
from tests.support.tree import ROOT, services

EXAMPLES = ROOT / "deploy" / "env"
GROUPS_HERE = tuple(group for group in GROUPS if service_of(group) in services())
PARKED = {*(retry_of(group) for group in GROUPS), *(dead_of(group) for group in GROUPS)}


def settings_of(service: str) -> type[BaseSettings]:
    if service == "common":
        return CommonSettings
    found: type[BaseSettings] = importlib.import_module(f"services.{service}.settings").Settings
    return found


def example_of(service: str) -> tuple[dict[str, str], dict[str, str]]:
    """What an example sets, and what it shows as a default (with a # in front)."""
    said: dict[str, str] = {}
    shown: dict[str, str] = {}
    for line in (EXAMPLES / f"{service}.env.example").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("# "):
            name, _, value = line.removeprefix("#").partition("=")
            (shown if line.startswith("#") else said)[name] = value
    return said, shown


@asynccontextmanager
async def wired(service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """The service as `heard run` would build it from its example; nothing is connected."""
    for name in [name for name in os.environ if name.startswith("HEARD_")]:
        monkeypatch.delenv(name)
    for name, value in {**example_of("common")[0], **example_of(service)[0]}.items():
        monkeypatch.setenv(name, value.replace("/var/lib/heard", str(tmp_path)))
    if service in NO_DATABASE:
        monkeypatch.delenv("HEARD_DATABASE")
    app = importlib.import_module(f"services.{service}.app")
    built: Service = app.create_app(CommonSettings(), keys_of(service))
    try:
        yield built
    finally:
        for close in built.closing:
            result = close()
            if hasattr(result, "__await__"):
                await result


@pytest.fixture
async def service(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Service]:
    async with wired(request.param, tmp_path, monkeypatch) as built:
        yield built


every = pytest.mark.parametrize("service", services(), indirect=True)
reading = pytest.mark.parametrize(
    ("service", "group"),
    [(service_of(group), group) for group in GROUPS_HERE],
    indirect=["service"],
    ids=GROUPS_HERE,
)


@every
async def test_a_service_is_built_from_its_example_and_its_own_keys(service: Service) -> None:
    assert service.name in services()
    groups = {group for group in GROUPS if service_of(group) == service.name}
    assert {router.group for router in service.routers} == groups
    assert len(service.routers) == len(groups), "one router a group"


def router_of(service: Service, group: str) -> Router:
    (router,) = (one for one in service.routers if one.group == group)
    return router


def topics_of(subscriber: Any) -> set[str]:
    return {str(one if isinstance(one, str) else one.name) for one in subscriber.topics}


@reading
async def test_a_group_reads_what_the_contracts_say(service: Service, group: str) -> None:
    router, name = router_of(service, group), group
    assert router.group == name
    first, second = (lane.subscriber for lane in router.lanes)
    wanted = {topic.value for topic in GROUPS[name]}
    if name == "ledger":  # it follows what is parked as well; its own retries come to it as events
        wanted |= PARKED - {retry_of(name)}
    assert topics_of(first) == wanted
    assert topics_of(second) == {retry_of(name)}
    assert [first.group_id, second.group_id] == [name, retry_of(name)]


@reading
async def test_a_service_writes_what_the_contracts_say(service: Service, group: str) -> None:
    written = {topic.value for topic, writers in WRITERS.items() if service.name in writers}
    if service.name not in INTAKES.values():  # an intake writes through its spool
        assert {output for router in service.routers for output in router.outputs} == written
    router = router_of(service, group)
    published = {str(getattr(publisher, "topic", "")) for publisher in router.publishers}
    assert published == {*router.outputs, retry_of(group), dead_of(group)}


@reading
async def test_a_handler_takes_every_event_that_may_come(service: Service, group: str) -> None:
    router, name = router_of(service, group), group
    (handler,) = {lane.handler for lane in router.lanes}
    (annotated,) = (hint for which, hint in get_type_hints(handler).items() if which != "return")
    taken = set(getattr(annotated, "__args__", (annotated,)))
    wanted: set[type[Event]] = {MODELS[topic] for topic in GROUPS[name]}
    assert taken == (wanted | {Parked} if name == "ledger" else wanted)


@reading
async def test_every_subscriber_commits_after_the_work_in_batches(service: Service, group: str) -> None:
    """Read back from FastStream, because a policy given to the broker does not reach a router's subscribers."""
    router = router_of(service, group)
    broker_for(service.settings, router)
    assert len(router.subscribers) == len(router.lanes) == 2
    assert {lane.subscriber for lane in router.lanes} == set(router.subscribers)
    for lane in router.lanes:
        one = lane.subscriber
        assert one.ack_policy is AckPolicy.NACK_ON_ERROR
        assert one._listener is lane
        assert isinstance(lane, Lane)
        assert lane.batch_size == one.max_records > 0
        assert lane.concurrency >= 1
        told: Mapping[str, Any] = one._connection_args
        assert told["auto_offset_reset"] == "earliest"
        assert told["enable_auto_commit"] is False
        assert told["rebalance_timeout_ms"] / 1000 > PATIENCE
        assert told["max_poll_interval_ms"] / 1000 > 2 * PATIENCE
        assert told["partition_assignment_strategy"] == (RoundRobinPartitionAssignor,)
        assert isinstance(one.get_msg, partial), "it waits by our own poll"
        assert one.get_msg.func is _poll
        assert router.effects_within < PATIENCE
    assert GRACE >= PATIENCE


@every
async def test_a_service_with_an_outbox_relays_it_and_says_what_waits(service: Service) -> None:
    from services.local.plan import WITH_OUTBOX

    paths = {route.path for route in service.routes}
    writes = {topic for topic, writers in WRITERS.items() if service.name in writers}
    effects = any(router.effects is not None for router in service.routers)
    if writes and effects and service.name not in INTAKES.values():  # an intake writes through its spool
        assert service.relay is not None
        assert "/outbox" in paths
        assert service.name in WITH_OUTBOX
    if service.name in INTAKES.values():
        assert "/receipts" in paths
        assert service.relay is None


@every
async def test_a_service_shows_the_metrics_of_its_list_and_no_others(service: Service) -> None:
    """Its database and its Kafka are away here: what must be asked for is absent, and the rest is told."""
    text = (await service.meters.exposition()).decode()
    shown = {
        family.name + ("_total" if family.type == "counter" else ""): (family.type, family.documentation)
        for family in text_string_to_metric_families(text)
    }
    assert shown == {one.spec.name: (one.spec.kind.value, one.spec.help) for one in of_service(service.name)}


NO_DATABASE = (*(EDGE - {"art_intake"}), "reader", "console")
"""Who does without: the edge, but for the partners' table, the reader, which is pure, and the console."""


@pytest.mark.parametrize("name", [name for name in services() if name in NO_DATABASE])
async def test_the_edge_needs_no_database(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with wired(name, tmp_path, monkeypatch) as built:
        assert built.settings.database is None


@pytest.mark.parametrize("name", [name for name in services() if name not in NO_DATABASE])
def test_whoever_needs_a_database_does_not_start_without(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in {**example_of("common")[0], **example_of(name)[0]}.items():
        monkeypatch.setenv(variable, value.replace("/var/lib/heard", str(tmp_path)))
    monkeypatch.delenv("HEARD_DATABASE")
    app = importlib.import_module(f"services.{name}.app")
    with pytest.raises(ValueError, match="HEARD_DATABASE is not set"):
        app.create_app(CommonSettings(), keys_of(name))


# Examples of settings.


def test_every_service_has_an_example_and_every_example_a_service() -> None:
    found = {path.name.removesuffix(".env.example") for path in EXAMPLES.iterdir()}
    assert found == {"common", *services()}


@pytest.mark.parametrize("name", ["common", *services()])
def test_an_example_names_every_setting_and_no_other(name: str) -> None:
    model = settings_of(name)
    prefix = model.model_config["env_prefix"]
    said, shown = example_of(name)
    assert sorted([*said, *shown]) == sorted(f"{prefix}{field.upper()}" for field in model.model_fields)
    required = {f"{prefix}{n.upper()}" for n, f in model.model_fields.items() if f.is_required()}
    assert required <= set(said), "what has no default must be set"


@pytest.mark.parametrize("name", ["common", *services()])
def test_an_example_shows_the_true_defaults(name: str) -> None:
    model = settings_of(name)
    prefix = model.model_config["env_prefix"]
    defaults = {
        f"{prefix}{n.upper()}": as_text(f.get_default(call_default_factory=True))
        for n, f in model.model_fields.items()
    }
    shown = example_of(name)[1]
    assert shown == {variable: defaults[variable] for variable in shown}


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return ",".join(f"{name}={one}" for name, one in value.items())
    if isinstance(value, tuple):
        return ",".join(one if isinstance(one, str) else "=".join(one) for one in value)
    return str(value)


@pytest.mark.parametrize("name", ["common", *services()])
def test_an_example_holds_no_secret_and_nobodys_address(name: str) -> None:
    said, shown = example_of(name)
    for variable, value in {**said, **shown}.items():
        assert not any(word in variable for word in ("PASSWORD", "TOKEN", "SECRET", "PASSPHRASE")), variable
        if "://" in value and variable != f"{name.upper()}_TWILIO_URL":
            neutral = variable == "ART_INTAKE_EXIT_URL"  # leads away from us, on purpose
            assert neutral or all("example.org" in one or "127.0.0.1" in one for one in value.split(",")), (
                variable
            )
        if value.startswith("+"):
            assert value.startswith("+447700900"), "Ofcom's numbers for drama"


def test_what_the_local_runner_tells_is_known_to_the_service() -> None:
    """A misspelt variable would silently leave a default in place."""
    from services.local.home import Home
    from services.local.plan import NAMES, Provider, Told, environment
    from shared.settings import Stage

    ports = {name: 1000 + n for n, name in enumerate(NAMES)}
    told = Told(
        Home(Path("here")),
        Stage.DEMO,
        "127.0.0.1:1",
        "postgresql://x/y",
        ports,
        Provider("AC" + "0" * 32, "http://x"),
    )
    common = {f"HEARD_{name.upper()}" for name in CommonSettings.model_fields}
    for name in services():
        own = {f"{name.upper()}_{field.upper()}" for field in settings_of(name).model_fields}
        assert set(environment(name, told)) <= common | own, name


def test_every_topic_that_is_written_is_read() -> None:
    assert set(Topic) == {topic for topics in GROUPS.values() for topic in topics}
