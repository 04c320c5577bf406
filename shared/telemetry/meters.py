"""The metrics of one process, on a registry of its own. Counting never fails: nothing may stop because of a figure."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from shared.telemetry.labels import OTHER
from shared.telemetry.logs import log
from shared.telemetry.metrics import Kind, Metric, of_service

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PATIENCE: Final = 2.0
"""Seconds that one source of figures may take; Prometheus gives up after ten."""

Figure = tuple[Metric, float, Mapping[str, str]]
"""A gauge, its value, its labels."""

Ask = Callable[[], Awaitable[Iterable[Figure]]]


class Meters:
    """`count`, `observe` and `set` take metrics of this service; those of others do nothing.

    Figures that must be asked for (of a database) are asked when somebody reads `/metrics`, and are absent while they
    cannot be had: an old figure would lie.
    """

    def __init__(self, service: str = "") -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, on no list
        self.service = service
        self._registry = CollectorRegistry(auto_describe=False)
        self._made: dict[Metric, Counter | Histogram] = {}
        self._found: dict[tuple[Any, ...], Counter | Histogram] = {}
        self._gauges = _Gauges()
        self._registry.register(self._gauges)
        self._sources: list[tuple[str, frozenset[Metric], Ask]] = []
        self._near: list[tuple[frozenset[Metric], Callable[[], Iterable[Figure]]]] = []
        self._values: dict[Metric, tuple[frozenset[str], ...]] = {}
        self._one_at_a_time = asyncio.Lock()
        for metric in of_service(service):
            self._make(metric)

    def count(self, metric: Metric, n: float = 1, **labels: str) -> None:
        if n > 0 and isinstance(counter := self._series(metric, labels), Counter):
            counter.inc(n)

    def observe(self, metric: Metric, value: float, **labels: str) -> None:
        if isinstance(histogram := self._series(metric, labels), Histogram):
            histogram.observe(value)

    def set(self, metric: Metric, value: float, **labels: str) -> None:
        if metric in self._gauges.known:
            self._gauges.known[metric][self._told(metric, labels)] = value

    def replace(self, metrics: Iterable[Metric], figures: Iterable[Figure]) -> None:
        """These gauges are as given, and nothing else of them is known; of what is said twice, the larger."""
        for metric in metrics:
            self._gauges.known.get(metric, {}).clear()
        for metric, value, labels in figures:
            if metric in self._gauges.known:
                known, told = self._gauges.known[metric], self._told(metric, labels)
                known[told] = max(value, known.get(told, value))

    def near(self, metrics: Iterable[Metric], ask: Callable[[], Iterable[Figure]]) -> None:
        """Figures of this process itself, had at once."""
        if self.service:
            self._near.append((frozenset(metrics), ask))

    def ask(self, source: str, metrics: Iterable[Metric], ask: Ask) -> None:
        """Figures that must be waited for."""
        if self.service:
            self._sources.append((source, frozenset(metrics), ask))

    async def exposition(self) -> bytes:
        """What `/metrics` answers."""
        async with self._one_at_a_time:
            known = frozenset[Metric]().union(*(metrics for metrics, _ in self._near))
            self.replace(known, [figure for _, ask in self._near for figure in ask()])
            await asyncio.gather(*(self._sample(*source) for source in self._sources))
            return generate_latest(self._registry)

    async def _sample(self, source: str, metrics: frozenset[Metric], ask: Ask) -> None:
        unavailable, found = 0, list[Figure]()
        try:
            async with asyncio.timeout(_PATIENCE):
                found = list(await ask())
        except Exception as error:  # whatever it was, it is no reason to say nothing about the rest
            log.warning("figures_unavailable", kind=type(error).__name__, task=source)
            unavailable = 1
        self.replace(metrics, found)
        self.set(Metric.UNSAMPLED, unavailable, source=source)

    def _series(self, metric: Metric, labels: Mapping[str, str]) -> Counter | Histogram | None:
        """The one to count in; those of the closed sets are found only once."""
        place = (metric, *labels.items())
        if (known := self._found.get(place)) is not None:
            return known
        if (made := self._made.get(metric)) is None:
            return None
        told = self._told(metric, labels)
        found = made.labels(*told) if told else made
        if told == tuple(labels.get(name) for name in metric.spec.label_names):
            self._found[place] = found
        return found

    def _told(self, metric: Metric, labels: Mapping[str, str]) -> tuple[str, ...]:
        names = metric.spec.label_names
        return tuple(
            one if (one := labels.get(name, OTHER)) in values else OTHER
            for name, values in zip(names, self._values[metric], strict=True)
        )

    def _make(self, metric: Metric) -> None:
        spec = metric.spec
        values = [label.of(self.service) for label in spec.labels]
        self._values[metric] = tuple(map(frozenset, values))
        if spec.kind is Kind.GAUGE:
            self._gauges.known[metric] = {}
            return
        if spec.kind is Kind.COUNTER:
            made: Counter | Histogram = Counter(
                spec.name, spec.help, spec.label_names, registry=self._registry
            )
        else:
            made = Histogram(
                spec.name, spec.help, spec.label_names, registry=self._registry, buckets=spec.buckets
            )
        for one in product(*values) if values else ():
            made.labels(*one)  # from the start: a first time is an increase, too
        self._made[metric] = made


class _Gauges(Collector):
    """Gauges as they are when somebody reads them."""

    def __init__(self) -> None:
        self.known: dict[Metric, dict[tuple[str, ...], float]] = {}

    def collect(self) -> Iterator[Any]:
        for metric, values in self.known.items():
            family = GaugeMetricFamily(metric.spec.name, metric.spec.help, labels=metric.spec.label_names)
            for labels, value in values.items():
                family.add_metric(labels, value)
            yield family


NOWHERE: Final = Meters()
"""Counts nothing: for whoever is not part of a service, such as a router in a test."""
