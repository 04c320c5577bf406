"""A text on its way moves the right figures, in every service that it meets, and leaves nothing of itself in them."""

import re
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.local.loopback import client
from services.local.plan import DRAMA
from services.local.up import Local
from shared.contracts.ids import twilio_message
from shared.contracts.topics import GROUPS, retry_of
from shared.telemetry.labels import OTHER
from shared.telemetry.metrics import Kind, of_service
from tests.support.local import TEXTS, heard, settled, texter, until
from tests.support.twilio.sign import a_text

pytestmark = [pytest.mark.connected, pytest.mark.timeout(420)]

WORDS = "zephyrquokka: I want to kill myself tonight, please help me"
SENDER = "+447700900917"
FORM = a_text(WORDS, sender=SENDER, to=DRAMA["ours"])
Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with heard(tmp_path_factory.mktemp("heard")) as started:
        yield started


def told(local: Local, service: str) -> str:
    answer = client().get(f"http://127.0.0.1:{local.ports[service]}/metrics", timeout=30)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return answer.text


def figures(local: Local, service: str) -> Figures:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(told(local, service))
        for sample in family.samples
    }


def total(found: Figures, name: str, **labels: str) -> float:
    """The sum over all labels that are not named; that there is none at all is an error."""
    mine = [
        value for (one, has), value in found.items() if one == name and labels.items() <= dict(has).items()
    ]
    assert mine, f"no {name} with {labels}"
    return sum(mine)


def moved(local: Local, service: str, name: str, least: float) -> None:
    """Wait until a figure has come to so much: the books are settled before everybody has counted."""
    until(lambda: total(figures(local, service), name) >= least, 60, f"{name} is {least}")


async def test_a_text_in_danger_moves_the_figures_of_whoever_it_meets(local: Local) -> None:
    async with texter(local) as sends:
        assert await sends.post(FORM, tries=5) == 200
        assert await sends.post(FORM, tries=5) == 200  # the provider repeats itself
    settled(local, 1)

    door = figures(local, "sms_intake")
    assert total(door, "heard_intake_accepted_total", what="contribution") == 2
    assert total(door, "heard_intake_answer_seconds_count") == total(door, "heard_intake_accepted_total")
    assert total(door, "heard_intake_refused_total") == 0
    # A report of the answer's delivery may be on its way through the spool just now.
    until(lambda: total(figures(local, "sms_intake"), "heard_spool_rows") == 0, 60, "the spool is empty")
    assert total(door, "heard_spool_free_bytes") > 0

    moved(local, "triage", "heard_levels_total", 1)
    moved(local, "triage", "heard_records_handled_total", 1)
    triage = figures(local, "triage")
    assert total(triage, "heard_levels_total", level="immediate") == 1
    assert total(triage, "heard_level_seconds_count", channel="sms") == 1
    assert total(triage, "heard_batch_seconds_count", group="triage") >= 1

    moved(local, "anonymiser", "heard_anonymised_parts_total", 1)
    moved(local, "archive", "heard_archive_accessions", 1)
    moved(local, "archive", "heard_outbox_published_total", 2)
    moved(local, "replies", "heard_replies_total", 1)

    rings = until(lambda: total(figures(local, "pager"), "heard_rings_total", result="sent"), 60, "a ring")
    pager = figures(local, "pager")
    assert total(pager, "heard_first_ring_seconds_count") == 1 <= rings
    assert total(pager, "heard_concerns", level="immediate") == 1
    assert total(pager, "heard_concern_untaken_seconds", level="immediate") > 0
    assert total(pager, "heard_pager_can_ring") == 1

    for service in TEXTS:
        found = figures(local, service)
        assert not any(
            value for (name, _), value in found.items()
            if name in ("heard_records_dead_total", "heard_records_parked_total", "heard_outbox_refused_total")
        ), service  # fmt: skip
        assert total(found, "heard_memory_bytes") > 1e6
        assert total(found, "heard_keys_end_timestamp_seconds") > total(
            found, "heard_started_timestamp_seconds"
        )


def test_the_ledger_shows_the_books_the_lag_and_who_was_heard(local: Local) -> None:
    settled(local, 1)
    books = figures(local, "ledger")
    assert total(books, "heard_contributions_accepted", channel="sms") == 1
    assert total(books, "heard_contributions", state="missing") == 0
    assert total(books, "heard_contributions") == 1
    assert total(books, "heard_dead_letters") == 0
    until(lambda: "heard_group_lag_records{" in told(local, "ledger"), 90, "the lag is known")
    lag = figures(local, "ledger")
    for group in (*GROUPS, *(retry_of(group) for group in GROUPS)):
        assert total(lag, "heard_group_lag_seconds", group=group) >= 0
    until(
        lambda: not total(figures(local, "ledger"), "heard_group_lag_records", group="triage"), 90, "no lag"
    )
    assert total(lag, "heard_group_lag_records", group="reader-media") >= 1, "it does not run here"
    assert total(lag, "heard_group_lag_seconds", group="reader-media") > 0
    for service in TEXTS:
        if service != "ledger":
            until(
                lambda service=service: (
                    ("heard_heartbeat_age_seconds", frozenset({("service", service)}))  # type: ignore[misc]
                    in figures(local, "ledger")
                ),
                90,
                f"a heartbeat of {service}",
            )


async def test_a_forged_text_is_counted_by_its_status(local: Local) -> None:
    port = local.ports["sms_web"]
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"http://127.0.0.1:{port}/sms", data={"Body": WORDS}, timeout=30)
    assert answer.status_code == 403
    assert total(figures(local, "sms_intake"), "heard_intake_refused_total", status="403") == 1


def test_nothing_is_shown_but_the_list_and_nothing_of_what_was_sent(local: Local) -> None:
    sent = twilio_message(dict(FORM)["AccountSid"], dict(FORM)["MessageSid"])
    for service in TEXTS:
        text = told(local, service)
        assert not re.search("zephyr|quokka|myself|tonight", text, re.IGNORECASE)
        assert SENDER.removeprefix("+44") not in text
        assert "7700900" not in text, "no number of ours either"
        assert str(sent) not in text
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{32}", text), "no id of anything"
        listed = {metric.spec.name: metric for metric in of_service(service)}
        for family in text_string_to_metric_families(text):
            metric = listed[family.name + ("_total" if family.type == "counter" else "")]
            allowed = {label.name: {*label.of(service), OTHER} for label in metric.spec.labels}
            if metric.spec.kind is Kind.HISTOGRAM:
                allowed["le"] = {*map(str, metric.spec.buckets), "+Inf"}
            for sample in family.samples:
                assert all(value in allowed[name] for name, value in sample.labels.items())
