"""Every metric of every service: one list. What is not on it cannot be made.

Names follow Prometheus: `heard_`, base units, `_total` for what only grows. Labels have closed sets of values: never an
id, a word, a number or an address. A value outside its set counts as `other`.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from shared.telemetry import labels as by
from shared.telemetry.labels import Label


class Kind(StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


SECONDS: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
LONG: Final = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 180.0, 600.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Spec:
    """What a metric is; `services` have it and no other."""

    name: str
    kind: Kind
    help: str
    services: frozenset[str]
    labels: tuple[Label, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def label_names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)


def _counter(name: str, services: frozenset[str], told: str, *labels: Label) -> Spec:
    return Spec(name, Kind.COUNTER, told, services, labels)


def _gauge(name: str, services: frozenset[str], told: str, *labels: Label) -> Spec:
    return Spec(name, Kind.GAUGE, told, services, labels)


def _histogram(
    name: str, services: frozenset[str], told: str, buckets: tuple[float, ...], *labels: Label
) -> Spec:
    return Spec(name, Kind.HISTOGRAM, told, services, labels, buckets)


_ALL: Final = frozenset(by.SERVICES)
_INTAKES: Final = frozenset(by.INTAKES)
_LINES: Final = frozenset(by.CONSUMERS)
_RELAYS: Final = frozenset(by.RELAYS)
_SEEN: Final = frozenset(by.SEEN)
_READER: Final = frozenset({"reader"})
_TRIAGE: Final = frozenset({"triage"})
_ANONYMISER: Final = frozenset({"anonymiser"})
_ARCHIVE: Final = frozenset({"archive"})
_PAGER: Final = frozenset({"pager"})
_REPLIES: Final = frozenset({"replies"})
_LEDGER: Final = frozenset({"ledger"})


class Metric(Enum):
    """In the order of a contribution's way."""

    # Every process.
    STARTED = _gauge("heard_started_timestamp_seconds", _ALL, "When the process started.")
    MEMORY = _gauge("heard_memory_bytes", _ALL, "Memory of the process that is in use.")
    KEYS_END = _gauge(
        "heard_keys_end_timestamp_seconds", _ALL, "When the last week ends that it can seal for."
    )
    UNSAMPLED = _gauge(
        "heard_figures_unavailable", _ALL, "Figures that could not be asked for just now.", by.SOURCE
    )

    # The intakes.
    ACCEPTED = _counter(
        "heard_intake_accepted_total",
        _INTAKES,
        "Events made durable, repeats too, and how they were answered.",
        by.WHAT,
        by.ANSWERED,
    )
    REFUSED = _counter(
        "heard_intake_refused_total", _INTAKES, "Answers that were no acceptance, by status.", by.STATUS
    )
    ANSWERED_IN = _histogram(
        "heard_intake_answer_seconds", _INTAKES, "From the sealed event to the answer.", SECONDS
    )
    CONFLICTS = _counter("heard_intake_conflicts_total", _INTAKES, "Known ids that came with other words.")
    SPOOL_ROWS = _gauge("heard_spool_rows", _INTAKES, "Accepted, and not on Kafka yet.")
    SPOOL_OLDEST = _gauge("heard_spool_oldest_seconds", _INTAKES, "How long the oldest of them waits.")
    SPOOL_ASIDE = _gauge(
        "heard_spool_set_aside_rows", _INTAKES, "Rows that Kafka or the store will not take."
    )
    SPOOL_FULL = _counter("heard_spool_full_total", _INTAKES, "Events that the spool's disk did not take.")
    DISK_FREE = _gauge("heard_spool_free_bytes", _INTAKES, "Free room on the spool's disk.")
    DISK_SIZE = _gauge("heard_spool_size_bytes", _INTAKES, "Size of the spool's disk.")

    # Whoever reads topics.
    HANDLED = _counter("heard_records_handled_total", _LINES, "Records that were done.", by.GROUP)
    PARKED = _counter(
        "heard_records_parked_total", _LINES, "Records put on the retry topic.", by.GROUP, by.RETRIED
    )
    DEAD = _counter(
        "heard_records_dead_total", _LINES, "Records that became dead letters.", by.GROUP, by.DIED
    )
    REPEATED = _counter("heard_records_repeated_total", _SEEN, "Events that had been seen before.", by.GROUP)
    AGAIN = _counter(
        "heard_records_again_total", _LINES, "Records read again that this process had settled.", by.GROUP
    )
    BATCH = _histogram(
        "heard_batch_seconds", _LINES, "From a batch in hand to its commit, or its wait.", SECONDS, by.GROUP
    )
    WAITING = _gauge(
        "heard_batch_waiting_seconds",
        _LINES,
        "How long a batch waits in place, and for whom.",
        by.GROUP,
        by.AWAITED,
    )
    HALTED = _gauge("heard_line_halted", _LINES, "1 while a line stands because most records fail.", by.GROUP)
    REBALANCES = _counter("heard_rebalances_total", _LINES, "Partitions handed out anew.", by.GROUP)
    COMMIT_FAILURES = _counter(
        "heard_commit_failures_total", _LINES, "Commits that Kafka did not take.", by.GROUP
    )
    HEARTBEAT_FAILURES = _counter("heard_heartbeat_failures_total", _ALL, "Heartbeats that were not sent.")
    OUTBOX_ROWS = _gauge("heard_outbox_rows", _RELAYS, "Events that wait to be published.")
    OUTBOX_OLDEST = _gauge("heard_outbox_oldest_seconds", _RELAYS, "How long the oldest of them waits.")
    OUTBOX_PUBLISHED = _counter("heard_outbox_published_total", _RELAYS, "Events published from the outbox.")
    OUTBOX_REFUSED = _counter("heard_outbox_refused_total", _RELAYS, "Events that Kafka will never take.")

    # The reader.
    READINGS = _counter(
        "heard_reader_readings_total", _READER, "What was made of a part.", by.TASK, by.OUTCOME
    )
    READING = _histogram("heard_reader_reading_seconds", _READER, "How long a child took.", LONG, by.TASK)
    CHILDREN_ENDED = _counter(
        "heard_reader_children_ended_total", _READER, "Children that did not answer well.", by.TASK, by.ENDED
    )
    COPIES = _counter(
        "heard_provider_copies_total", _READER, "Copies at a provider, after we archived.", by.COPY
    )

    # Triage.
    LEVELS = _counter("heard_levels_total", _TRIAGE, "Levels given to parts.", by.LEVEL)
    LEVEL_AFTER = _histogram(
        "heard_level_seconds", _TRIAGE, "From acceptance to a part's level.", LONG, by.CHANNEL
    )
    THREADS = _counter("heard_thread_lookups_total", _TRIAGE, "Questions to the thread's memory.", by.THREAD)

    # The pager.
    RINGS = _counter(
        "heard_rings_total", _PAGER, "Rings by step of the ladder, and result.", by.STEP, by.RING
    )
    FIRST_RING = _histogram(
        "heard_first_ring_seconds", _PAGER, "From a concern to its first ring that went out.", LONG
    )
    CONCERNS = _gauge("heard_concerns", _PAGER, "Concerns that ring and nobody has taken.", by.RINGING)
    UNTAKEN = _gauge(
        "heard_concern_untaken_seconds", _PAGER, "How long the oldest of them waits.", by.RINGING
    )
    UNLEVELLED = _gauge("heard_waiting_for_level_parts", _PAGER, "Parts that have no level yet.")
    UNLEVELLED_OLDEST = _gauge(
        "heard_waiting_for_level_seconds", _PAGER, "How long the oldest of them waits."
    )
    CAN_RING = _gauge("heard_pager_can_ring", _PAGER, "1 while a way out works, or was not tried yet.")
    CLOCK = _gauge("heard_pager_clock_seconds", _PAGER, "Since the pager's clock last turned.")
    PAGER_DATABASE = _gauge("heard_pager_database", _PAGER, "1 while the pager has its tables.")

    # The anonymiser.
    ANONYMISED = _counter("heard_anonymised_parts_total", _ANONYMISER, "Parts, open or held.", by.OPENNESS)
    REVIEW = _gauge("heard_review_parts", _ANONYMISER, "Parts that wait for a reviewer.")
    REVIEW_OLDEST = _gauge("heard_review_oldest_seconds", _ANONYMISER, "How long the oldest of them waits.")

    # The archive.
    ACCESSIONS = _gauge("heard_archive_accessions", _ARCHIVE, "Contributions in the archive.")
    PENDING = _gauge("heard_archive_pending_events", _ARCHIVE, "Events that wait for what they build on.")
    FIXITY_CHECKED = _counter("heard_fixity_checked_total", _ARCHIVE, "Objects that were checked.")
    FIXITY_FAILED = _counter("heard_fixity_failures_total", _ARCHIVE, "Objects that are not as they were.")

    # Replies.
    REPLIES = _counter("heard_replies_total", _REPLIES, "Answers that came to an end.", by.REPLY, by.SENT)
    WITHHELD = _counter("heard_replies_withheld_total", _REPLIES, "Answers not sent, and why.", by.WITHHELD)
    SENDING = _gauge("heard_replies_in_hand", _REPLIES, "Answers that have not ended, by state.", by.SENDING)

    # The ledger, about all.
    TOTAL = _gauge("heard_contributions_accepted", _LEDGER, "Contributions that were accepted.", by.CHANNEL)
    STATES = _gauge("heard_contributions", _LEDGER, "Contributions, by where they are.", by.CHANNEL, by.STATE)
    STUCK = _gauge("heard_contributions_stuck", _LEDGER, "In flight for too long.")
    OTHER_WORDS = _gauge("heard_contributions_other_words", _LEDGER, "Came with the id of another, in a day.")
    NO_RECEIPT = _gauge("heard_contributions_without_receipt", _LEDGER, "Known from a topic only.")
    UNRECEIVED = _gauge(
        "heard_contributions_unreceived", _LEDGER, "The provider has them, and no intake does."
    )
    LOOKED = _gauge(
        "heard_ledger_looked_timestamp_seconds", _LEDGER, "When the ledger last looked at it all."
    )
    RECONCILED = _gauge(
        "heard_ledger_reconciled_timestamp_seconds", _LEDGER, "When the provider's list was last asked for."
    )
    LETTERS = _gauge("heard_dead_letters", _LEDGER, "Dead letters that wait for somebody.", by.ANY_GROUP)
    LETTERS_OLDEST = _gauge(
        "heard_dead_letter_oldest_seconds", _LEDGER, "How long the oldest of them waits.", by.ANY_GROUP
    )
    RETRYING = _gauge("heard_retrying_records", _LEDGER, "Records on the retry topic.", by.ANY_GROUP)
    ALARMS = _gauge("heard_alarms_open", _LEDGER, "Alarms that have not ended.", by.ALARM)
    HEARTBEAT = _gauge(
        "heard_heartbeat_age_seconds", _LEDGER, "Since a service's last heartbeat.", by.BEATING
    )
    LAG = _gauge("heard_group_lag_records", _LEDGER, "Records that a group has not settled.", by.LINE)
    LAG_OLDEST = _gauge("heard_group_lag_seconds", _LEDGER, "How long the oldest of them waits.", by.LINE)
    LAG_ASKED = _gauge("heard_group_lag_timestamp_seconds", _LEDGER, "When Kafka last told the lag.")

    @property
    def spec(self) -> Spec:
        found: Spec = self.value
        return found


def of_service(service: str) -> tuple[Metric, ...]:
    """What one service has."""
    return tuple(metric for metric in Metric if service in metric.spec.services)
