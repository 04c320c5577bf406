"""One batch at a time: decode each record by itself, work side by side, settle every one, then commit.

Settled means: published what it gave, done its effect, or parked on the retry topic or among the dead letters.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from faststream.exceptions import NackMessage
from faststream.kafka import KafkaMessage

from shared.contracts.base import Event, utc
from shared.contracts.topics import dead_of, retry_of
from shared.database import is_away, is_busy, is_slow, within
from shared.errors import Rejected, Retryable, Unavailable
from shared.messaging import headers as h
from shared.messaging.arrival import Arrival, Place, current, decode, is_parked, origin, parked
from shared.messaging.effects import TOPIC_OF, Effect, Note, Write, key_of, value_of
from shared.messaging.membership import Membership
from shared.messaging.plan import Answer, Handler, Message, Parking, Plan, mark_of, not_before, where
from shared.messaging.record import Record
from shared.messaging.tally import Tally
from shared.messaging.tries import ENOUGH
from shared.telemetry import log

if TYPE_CHECKING:
    from shared.messaging.router import Router

_BUSY: Final = "database_busy"

ATTEMPTS: Final = 20
"""How often a record comes back from the retry topic before it becomes a dead letter."""

KILLS: Final = "defect:killed"
"""The reason of a record that the process died of, each time that it was tried."""


class Lane(Membership):
    """Handles the batches of one subscriber."""

    def __init__(self, router: "Router", handler: Handler, concurrency: int) -> None:
        super().__init__()
        self.router, self.handler, self.concurrency = router, handler, concurrency
        self.batch_size = 0
        self.settled: set[tuple[str, int, int]] = set()
        self.tally = Tally(router.group)
        self.in_hand = False
        self.committing: float | None = None  # since when, while a commit waits for its answer

    async def batch(self, message: KafkaMessage) -> None:
        """Settle every record, then commit; where somebody is away, wait and take the batch again."""
        self.in_hand = True
        try:
            await self._batch(message)
        finally:
            self.in_hand, self.committing = False, None

    async def _batch(self, message: KafkaMessage) -> None:
        records: Sequence[Record] = message.raw_message  # type: ignore[assignment]
        if not await self._until_open() or not await self._until_due(records):
            raise NackMessage
        began, before = time.monotonic(), len(self.settled)
        todo = [record for record in records if mark_of(record) not in self.settled]
        faults = await self._careful([record for record in todo if self._is_suspect(record)])
        if not faults:
            others = [record for record in todo if mark_of(record) not in self.settled]
            faults = await self._settle(await self._plan(others))
        self.tally.batch(len(self.settled) - before, len(records) - len(todo), began)
        if faults:
            log.warning("batch_waits", group=self.router.group, reason=faults[0], records=len(faults))
            self.tally.waits(faults[0])
            await self.wait(2.0)
            raise NackMessage
        self.tally.goes_on()
        self.committing = time.monotonic()
        try:
            await message.ack()
        except KafkaError:
            self.tally.commit_failed()
            raise
        self.settled.difference_update(map(mark_of, records))

    def forget(self) -> None:
        self.settled.clear()
        self.tally.goes_on()

    def joined(self) -> None:
        self.tally.rebalanced()

    async def _until_open(self) -> bool:
        """Wait in place while the group is paused or halted, but ask Kafka for the batch again before it takes us for dead."""
        for _ in range(60):
            if not self.router.gate.closed:
                return True
            if not await self.wait(0.5):
                return False
        return False

    def _is_suspect(self, record: Record) -> bool:
        return self.router.tries is not None and self.router.tries.is_suspect(record, self.batch_size)

    async def _careful(self, records: Sequence[Record]) -> list[str]:
        """One by one, each written down first: one of them may be why the process died."""
        for record in records:
            assert self.router.tries is not None
            if self.leaving or not self.subscriber.running:
                return ["leaving"]
            died = self.router.tries.before(record)
            faults = await self._settle(
                [await self._given_up(record, died)] if died >= ENOUGH else await self._plan([record])
            )
            self.router.tries.after(record)
            if faults:
                return faults
        return []

    async def _given_up(self, record: Record, died: int) -> Plan:
        """A defect, though nobody was left to raise it. What kills even so is not read any more."""
        log.error("record_kills", group=self.router.group, count=died, **where(record))
        if died > ENOUGH or self._reads_parked(record):
            return self._undecodable(record, KILLS)
        (plan,) = await self._plan([record], self.router.on_killer or _rejected)
        return plan

    async def _until_due(self, records: Sequence[Record]) -> bool:
        """Records on the group's own retry topic wait until they may be tried again."""
        now, due = self.router.now(), None
        own = retry_of(self.router.group)  # nothing else waits: the ledger only reads what others parked
        for record in records:
            if record.topic != own:
                continue
            moment = not_before(h.salvage(record.headers))
            due = moment if due is None or (moment and moment > due) else due
        if due is None or due <= now:
            return True
        return await self.wait(min((due - now).total_seconds(), self.router.retry_after))

    async def _plan(self, records: Sequence[Record], handler: Handler | None = None) -> list[Plan]:
        """Compute what each record asks for; nothing is written yet."""
        ask = handler or self.handler
        plans: dict[tuple[str, int, int], Plan] = {}
        lines: dict[UUID | tuple[str, int, int], list[tuple[Record, Arrival]]] = {}
        for record in records:
            try:
                arrival = parked(record) if self._reads_parked(record) else decode(record)
                if self.router.gate.had_passed(Place.of(record), arrival.place):
                    arrival = arrival.again()
            except Rejected as wrong:
                plans[mark_of(record)] = self._undecodable(record, wrong.reason)
                continue
            except Exception as error:
                log.error("record_defect", group=self.router.group, exc_info=error, **where(record))
                plans[mark_of(record)] = self._undecodable(record, f"defect:{type(error).__name__}")
                continue
            lines.setdefault(arrival.event.about or mark_of(record), []).append((record, arrival))
        waiting = iter(lines.values())

        async def work() -> None:
            for line in waiting:
                for record, arrival in line:
                    plan = plans[mark_of(record)] = await self._ask(record, arrival, ask)
                    if plan.fault:
                        break  # what comes after it waits with it

        # A few workers, not a task a record: that alone would cost more than carrying the record does.
        await asyncio.gather(*(work() for _ in range(min(self.concurrency, len(lines)))))
        skipped = (record for line in lines.values() for record, _ in line if mark_of(record) not in plans)
        plans.update({mark_of(record): Plan(record, fault="waits_behind") for record in skipped})
        return [plans[mark_of(record)] for record in records]

    def _reads_parked(self, record: Record) -> bool:
        """The ledger reads other groups' retry topics and dead letters; a group reads its own retries as events."""
        return is_parked(record.topic) and record.topic != f"{self.router.group}.retry"

    def _undecodable(self, record: Record, reason: str) -> Plan:
        asked, effect = self.router.on_undecodable, None
        try:
            effect = asked(record, reason) if asked else None
        except Exception as error:
            log.error("alarm_defect", group=self.router.group, exc_info=error, **where(record))
        return Plan(record, effect=effect, arrival=parked(record), parking=Parking(dead=True, reason=reason))

    async def _ask(self, record: Record, arrival: Arrival, handler: Handler) -> Plan:
        token = current.set(arrival)
        try:
            answer = await handler(arrival.event)
            if isinstance(answer, Effect):
                return Plan(record, arrival, effect=answer)
            if isinstance(answer, Note):
                return Plan(record, arrival, note=answer)
            events = () if answer is None else (answer,) if isinstance(answer, Event) else answer
            messages = [self._message(event, arrival.trace) for event in events]
            return Plan(record, arrival, messages=messages)
        except Exception as error:
            return self._failed(record, arrival, error)
        finally:
            current.reset(token)

    def _message(self, event: Event, trace: str | None) -> Message:
        """What cannot be published is found here, where it harms its own record alone."""
        topic = TOPIC_OF.get(type(event))
        if topic is None or topic.value not in self.router.outputs:
            raise TypeError("the handler gave what its router does not publish")
        headers = h.of_event(event, topic, source=self.router.group, at=self.router.now(), trace=trace)
        return Message(topic.value, key_of(event), value_of(event), headers)

    def _failed(self, record: Record, arrival: Arrival, error: Exception) -> Plan:
        """An error is a decision: wait, try later, give to a person; a defect stops this record alone."""
        if is_busy(error):
            return Plan(record, arrival, fault=_BUSY)
        if isinstance(error, Unavailable) or is_away(error):
            return Plan(record, arrival, fault=getattr(error, "reason", "database_away"))
        if is_slow(error):
            error = Retryable("database_slow")
        if isinstance(error, Retryable) and arrival.attempt < ATTEMPTS:
            return Plan(record, arrival, parking=Parking(dead=False, reason=error.reason))
        if isinstance(error, (Retryable, Rejected)):
            return Plan(record, arrival, parking=Parking(dead=True, reason=error.reason))
        log.error("record_defect", group=self.router.group, exc_info=error, **where(record))
        return Plan(record, arrival, parking=Parking(dead=True, reason=f"defect:{type(error).__name__}"))

    async def _settle(self, plans: Sequence[Plan]) -> list[str]:
        """Do what was planned; give the reasons of what could not be settled now."""
        faults = [plan.fault for plan in plans if plan.fault]
        plans = [plan for plan in plans if not plan.fault]
        plans, away = await self._run_effects(plans)
        plans, over = self._within_limit(plans)
        self._done([plan for plan in plans if not (plan.messages or plan.parking)])
        leaving = [plan for plan in plans if plan.messages or plan.parking]
        results = await asyncio.gather(*map(self._let_go, leaving), return_exceptions=True)
        for plan, result in zip(leaving, results, strict=True):
            if isinstance(result, KafkaError | OSError):
                faults.append("kafka_away")
            elif isinstance(result, Exception):
                log.error("publish_defect", group=self.router.group, exc_info=result, **where(plan.record))
                faults.append("publish_defect")
            elif isinstance(result, BaseException):
                raise result
            else:
                self._done([plan])
        return [*faults, *away, *over]

    def _within_limit(self, plans: Sequence[Plan]) -> tuple[list[Plan], list[str]]:
        """Where most records fail, the fault is ours: what is over the limit stays where it is."""
        room, kept, over = self.router.gate.room, list[Plan](), list[str]()
        for plan in plans:
            if plan.parking and plan.parking.dead:
                if room <= 0:
                    over.append("halted")
                    continue
                room -= 1
            kept.append(plan)
        return kept, over

    def _done(self, plans: Sequence[Plan]) -> None:
        self.settled.update(mark_of(plan.record) for plan in plans)
        if self.router.gate.halts:
            for plan in plans:  # what is tried again has not failed yet
                if plan.parking is None or plan.parking.dead:
                    self.router.gate.settled(failed=plan.parking is not None)

    async def _run_effects(self, plans: Sequence[Plan]) -> tuple[list[Plan], list[str]]:
        """One transaction for the batch; if it fails, record by record. Gives what is settled so far, and faults."""
        wanted = [plan for plan in plans if plan.arrival and (plan.effect or plan.note)]
        if not wanted:
            return list(plans), []
        try:
            await within(self.router.effects_within, self._write(wanted))
        except Exception as error:
            # Too slow together need not mean that the database is away: alone, each may be quick enough.
            alone = is_busy(error) or isinstance(error, TimeoutError)
            if len(wanted) == 1 or (is_away(error) and not alone):
                done = [await self._after_failure(plan, error) for plan in wanted]
            else:
                done = await self._one_by_one(wanted)
        else:
            done = wanted
        self.router.wake()
        others = [plan for plan in plans if not (plan.arrival and (plan.effect or plan.note))]
        kept = [plan for plan in done if not plan.fault]
        return [*others, *kept], [plan.fault for plan in done if plan.fault]

    async def _one_by_one(self, plans: Sequence[Plan]) -> list[Plan]:
        """So that one record's fault is its own; once somebody is away, the rest waits without asking."""
        done: list[Plan] = []
        away = ""
        for plan in plans:
            one = await (self._after_failure(plan, Unavailable(away)) if away else self._alone(plan))
            away = one.fault if one.fault and one.fault != _BUSY else away
            done.append(one)
        return done

    async def _alone(self, plan: Plan) -> Plan:
        try:
            await within(self.router.effects_within, self._write([plan]))
        except Exception as error:
            return await self._after_failure(plan, error)
        return plan

    async def _write(self, plans: Sequence[Plan]) -> None:
        """Run effects one by one, and notes together, in one transaction."""
        effects = self.router.effects
        assert effects is not None, "a handler with effects needs a router with an engine and a book"
        notes: dict[Write, list[Any]] = {}
        async with effects.engine.begin() as connection:
            for plan in plans:
                if plan.effect:
                    await self._apply(connection, plan)
                if plan.note:
                    notes.setdefault(plan.note.write, []).append(plan.note.what)
            for write, what in notes.items():
                await write(connection, what)

    async def _apply(self, connection: Any, plan: Plan) -> None:
        effects = self.router.effects
        assert effects is not None and plan.effect is not None and plan.arrival is not None
        token = current.set(plan.arrival)
        try:
            await effects.run(connection, plan.arrival, plan.effect)
        finally:
            current.reset(token)

    async def _after_failure(self, plan: Plan, error: Exception) -> Plan:
        assert plan.arrival is not None
        if plan.effect and plan.effect.otherwise and not isinstance(error, Rejected):
            if not (
                is_away(error) or isinstance(error, Unavailable)
            ):  # there, but of no use: as good as away
                log.error("effect_defect", group=self.router.group, exc_info=error, **where(plan.record))
            try:
                await plan.effect.otherwise()
            except Unavailable as away:
                return Plan(plan.record, plan.arrival, fault=away.reason)
            return Plan(plan.record, plan.arrival, parking=plan.parking)
        failed = self._failed(plan.record, plan.arrival, error)
        return failed if not plan.parking or failed.fault else Plan(plan.record, parking=plan.parking)

    async def _let_go(self, plan: Plan) -> None:
        """Publish what the handler gave, or park the record."""
        parking = plan.parking
        try:
            for one in plan.messages:
                await self.router.outputs[one.topic].publish(one.value, key=one.key, headers=one.headers)
        except (MessageSizeTooLargeError, RecordListTooLargeError):
            parking = Parking(dead=True, reason="too_big")
        if parking:
            await self._park(plan.record, parking)

    async def _park(self, record: Record, parking: Parking) -> None:
        """The value travels on as it is: ciphertext. A dead letter that cannot be handled stays where it is."""
        if parking.dead and record.topic == dead_of(self.router.group):
            log.error("dead_letter_stays", group=self.router.group, reason=parking.reason, **where(record))
            return
        kept = h.salvage(record.headers)
        place, attempt = origin(record, kept), h.number(kept, h.ATTEMPT)
        kept |= {
            h.REASON: parking.reason,
            h.ORIGIN_TOPIC: place.topic,
            h.ORIGIN_PARTITION: str(place.partition),
            h.ORIGIN_OFFSET: str(place.offset),
        }
        if not parking.dead:
            due = self.router.now() + timedelta(seconds=self.router.retry_after)
            kept |= {h.ATTEMPT: str(attempt + 1), h.NOT_BEFORE: utc(due)}
        publisher = self.router.dead if parking.dead else self.router.retry
        log.warning(
            "record_parked",
            group=self.router.group,
            kind="dead" if parking.dead else "retry",
            reason=parking.reason,
            attempt=attempt,
            **where(record),
        )
        await publisher.publish(record.value or b"", key=record.key or b"", headers=kept)
        self.tally.parked(parking.reason, dead=parking.dead)


async def _rejected(_: Event) -> Answer:
    raise Rejected(KILLS)
