"""The list of metrics as a page: `python -m shared.telemetry.listing` writes deploy/metrics.md."""

from pathlib import Path
from typing import Final

from shared.telemetry.labels import Label
from shared.telemetry.metrics import Metric

PAGE: Final = Path(__file__).parents[2] / "deploy" / "metrics.md"
_HEAD: Final = """# Metrics

Every service answers `GET /metrics` on its health port. This page is made from `shared/telemetry/metrics.py`; what is
not on that list cannot be made. No label ever has an id, a word, a number or an address.

| metric | kind | services | labels | what it says |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    rows = []
    for metric in Metric:
        spec = metric.spec
        labels = "; ".join(map(_told, spec.labels)) or "-"
        rows.append(
            f"| `{spec.name}` | {spec.kind.value} | {_who(spec.services)} | {labels} | {spec.help} |\n"
        )
    return _HEAD + "".join(rows)


def _told(label: Label) -> str:
    return f"{label.name}: {', '.join(label.values)}"


def _who(services: frozenset[str]) -> str:
    everybody = Metric.STARTED.spec.services
    return "all" if services == everybody else ", ".join(sorted(services))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
