"""The alert rules speak of metrics that there are, and every alert has its page with commands that there are."""

import re
from functools import cache
from typing import Any, Final

import pytest
import typer
import yaml  # type: ignore[import-untyped]

from services.cli import _add_desk, app
from shared.telemetry.metrics import Kind, Metric
from tests.support.tree import ROOT, python_files, services

ALERTS: Final = ROOT / "deploy" / "alerts"
RUNBOOKS: Final = ROOT / "deploy" / "runbooks"
HEADINGS: Final = (
    "## What it means for people who wrote to us",
    "## What to look at",
    "## What to do",
    "## It is over when",
    "## Whom to wake",
)
_NAME: Final = re.compile(r"\bheard_[a-z_]+\b")
_LABEL: Final = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
_FROM_PROMETHEUS: Final = {"job", "le"}


def read(name: str) -> Any:
    return yaml.safe_load((ALERTS / name).read_text(encoding="utf-8"))


RULES: Final = {rule["alert"]: rule for group in read("heard.rules.yml")["groups"] for rule in group["rules"]}
SERIES: Final = {
    name: metric
    for metric in Metric
    for name in (
        [f"{metric.spec.name}_{what}" for what in ("bucket", "count", "sum")]
        if metric.spec.kind is Kind.HISTOGRAM
        else [metric.spec.name]
    )
}


def named(text: str) -> set[str]:
    return set(_NAME.findall(text))


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_speaks_of_metrics_and_labels_that_there_are(alert: str) -> None:
    expr = RULES[alert]["expr"]
    assert named(expr) <= set(SERIES)
    for name, labels in re.findall(r"\b(heard_[a-z_]+)\{([^}]*)\}", expr):
        known = {label.name: set(label.values) for label in SERIES[name].spec.labels}
        for label, _, value in _LABEL.findall(labels):
            assert label in known.keys() | _FROM_PROMETHEUS
            if label not in _FROM_PROMETHEUS:
                assert set(value.split("|")) <= known[label]
    for label in (one.strip() for by in re.findall(r"by \(([^)]*)\)", expr) for one in by.split(",")):
        of_these = {one.name for name in named(expr) for one in SERIES[name].spec.labels}
        assert label in of_these | _FROM_PROMETHEUS


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_says_in_a_sentence_whom_it_wakes_and_where_to_read_on(alert: str) -> None:
    rule = RULES[alert]
    assert rule["labels"] == {"severity": rule["labels"]["severity"]}
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert re.fullmatch(r"[A-Z][^{}]{20,120}\.", rule["annotations"]["summary"])
    assert rule["annotations"]["runbook"] == f"deploy/runbooks/{alert}.md"


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    assert {path.name for path in RUNBOOKS.iterdir()} == {f"{alert}.md" for alert in RULES}


@cache
def commands() -> frozenset[str]:
    """As somebody types them: `ledger`, `dead list`."""
    _add_desk()
    groups = {str(one.name): one.typer_instance for one in app.registered_groups}
    return frozenset(names(app)) | {
        f"{group} {one}" for group, members in groups.items() if members for one in names(members)
    }


def names(of: typer.Typer) -> list[str]:
    found = [one.name or getattr(one.callback, "__name__", "") for one in of.registered_commands]
    return [one.replace("_", "-") for one in found]


@pytest.mark.parametrize("alert", RULES)
def test_a_page_is_short_and_names_what_there_is(alert: str) -> None:
    text = (RUNBOOKS / f"{alert}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {alert}\n")
    assert RULES[alert]["annotations"]["summary"] in text
    assert [line for line in text.splitlines() if line.startswith("## ")] == list(HEADINGS)
    assert len(text.splitlines()) < 60
    quoted = re.findall(r"`([^`]+)`", text)
    assert {name for one in quoted for name in named(one)} <= set(SERIES) | {m.spec.name for m in Metric}
    there = commands()
    for one in quoted:
        if one.startswith("heard "):
            words = re.findall(r"[a-z]+", one.removeprefix("heard "))
            assert {words[0], " ".join(words[:2])} & there, one


@pytest.mark.parametrize("alert", RULES)
def test_a_page_names_only_log_lines_that_are_said(alert: str) -> None:
    """What a page says to look for in a log stands in the code."""
    text = (RUNBOOKS / f"{alert}.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if re.search(r"\blogs?\b", line)]
    wanted = {name for line in lines for name in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", line)}
    code = "".join(path.read_text(encoding="utf-8") for path in python_files("services", "shared"))
    assert {name for name in wanted - set(SERIES) if f'"{name}"' not in code} == set()


def test_every_alert_is_tried_both_ways() -> None:
    """promtool runs these; here, that none was forgotten."""
    fires, quiet = set[str](), set[str]()
    for test in read("heard.tests.yml")["tests"]:
        for one in test["alert_rule_test"]:
            (fires if one.get("exp_alerts") else quiet).add(one["alertname"])
    assert fires == quiet == set(RULES)


def test_the_example_asks_every_service_and_every_service_is_missed() -> None:
    example = read("prometheus.yml")
    jobs = [one["job_name"] for one in example["scrape_configs"]]
    assert sorted(jobs) == sorted(services())
    assert example["rule_files"] == ["heard.rules.yml"]
    absent = re.findall(r'absent\(up\{job="(\w+)"\}\)', RULES["ServiceAbsent"]["expr"])
    assert sorted(absent) == sorted(services())
