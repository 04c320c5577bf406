"""What the archive makes of each event, without servers."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from services.archive.rules import PartState, State
from shared.contracts.events import ContributionReceived
from shared.contracts.parts import Consent, Waiting
from shared.contracts.values import AgeBand, Level, Role, Step
from shared.errors import Rejected, Retryable, Unavailable
from shared.vault import Binding, Opener, Purpose, Sealer
from tests.support.archive import World, anonymised, read, triaged
from tests.support.events import NOW, a_received, moved
from tests.support.keys import keys_of
from tests.support.ocfl import check_root

WORDS = "the canary was kind"
OPEN = "open canary"


async def test_a_master_is_kept_at_once() -> None:
    world, event = World(), a_received(WORDS)
    await world.keep(event)
    contents = await world.contents(event.event_id)
    assert contents["part-1.sealed"] == WORDS.encode()
    assert ContributionReceived.model_validate_json(contents["received.sealed"]) == event
    (told,) = world.rows.outbox
    assert (told.step, told.accession, told.version, told.part) == (Step.MASTER, "2026-0001", 1, None)
    entry = world.rows.entries[event.event_id]
    assert (told.object_key, told.inventory_sha512) == (entry.object_key, entry.inventory_sha512)


async def test_the_event_is_kept_as_it_came_unknown_fields_and_all() -> None:
    world, event = World(), a_received(WORDS)
    raw = json.dumps({**event.model_dump(mode="json"), "from_a_newer_writer": "kept"}).encode()
    note = await world.archivist.note(event, None)
    object.__setattr__(note.what, "value", raw)
    await world.archivist.keep(None, [note.what])  # type: ignore[arg-type]
    assert (await world.contents(event.event_id))["received.sealed"] == raw


async def test_no_stored_byte_has_words_or_an_address() -> None:
    world, event = World(), a_received(WORDS, display_name="Kofi Canary")
    await world.keep(event)
    await world.keep(anonymised(event, OPEN), triaged(event, Level.HIGH), read(event, "read canary"))
    stored = [*(await world.files()).items(), *_columns(world)]
    assert stored
    for name, text in stored:
        for word in (b"canary", b"Canary", b"Kofi", b"7700900", b"immediate"):
            assert word not in text, name


def _columns(world: World) -> Iterable[tuple[str, bytes]]:
    for row in (*world.rows.entries.values(), *world.rows.pending.values(), *world.rows.outbox):
        yield type(row).__name__, repr(row).encode()
        for name in getattr(row, "__slots__", ()):
            if isinstance(value := getattr(row, name), bytes):
                yield name, value


async def test_a_file_does_not_open_as_another_nor_under_another_contribution() -> None:
    world, one, other = World(), a_received("one"), a_received("other")
    await world.keep(one, other)
    entry = world.rows.entries[one.event_id]
    sealed = world.objects.files[f"{entry.object_key}/v1/content/part-1.sealed"]
    assert world.key(one.event_id).open("part-1.sealed", sealed) == b"one"
    for key, name in ((one.event_id, "received.sealed"), (other.event_id, "part-1.sealed")):
        with pytest.raises(Rejected):
            world.key(key).open(name, sealed)


async def test_metadata_describes_without_words() -> None:
    world = World()
    event = a_received(WORDS).model_copy(
        update={
            "roles": frozenset({Role.CHILD, Role.CARE_EXPERIENCED}),
            "age_band": AgeBand.FROM_13,
            "event_code": "leeds-3",
            "group_size": 14,
            "language": "en",
        }
    )
    await world.keep(event)
    told = await world.metadata(event.event_id)
    assert told["roles"] == ["care_experienced", "child"]
    assert (told["age_band"], told["event_code"], told["group_size"]) == ("13_15", "leeds-3", 14)
    assert (told["channel"], told["class"], told["accession"]) == ("sms", "closed", "2026-0001")
    assert (told["retention"], told["digest"]) == ("heard-1", event.digest)
    assert told["consent"] == Consent().model_dump(mode="json")
    assert told["parts"][0]["kept_as"] == "words"
    assert "unopened" not in told["parts"][0]


async def test_words_moved_under_another_id_are_kept_and_noted() -> None:
    world, event = World(), moved(a_received(WORDS))
    await world.keep(event)
    contents = await world.contents(event.event_id)
    assert set(contents) == {"metadata.json", "received.sealed"}
    assert ContributionReceived.model_validate_json(contents["received.sealed"]).parts == event.parts
    told = await world.metadata(event.event_id)
    assert told["parts"][0]["unopened"] == "bound_elsewhere"
    assert world.rows.entries[event.event_id].record.parts[1].unopened == "bound_elsewhere"
    assert world.told() == [("master", None)]


def with_key(event: ContributionReceived, week: str) -> ContributionReceived:
    """The same words under a key that nobody has."""
    key = X25519PrivateKey.generate().public_key()
    sealed = Sealer({Purpose.WORDS: {week: key}}).seal(
        Purpose.WORDS, b"hello", Binding.of(event.context, 1), week=week
    )
    parts = (event.parts[0].model_copy(update={"words": sealed}),)
    return event.model_copy(update={"parts": parts})


async def test_words_whose_key_was_destroyed_are_kept_and_noted() -> None:
    world, event = World(), with_key(a_received(WORDS), "2026W20")
    await world.keep(event)
    assert (await world.metadata(event.event_id))["parts"][0]["unopened"] == "no_key"


@pytest.mark.parametrize("week", ["2026W45", "2026W49"])
async def test_words_whose_key_we_should_have_wait_for_it(week: str) -> None:
    world = World()
    world.archivist.ports = replace(world.archivist.ports, opener=Opener({}))
    with pytest.raises(Retryable, match="no_key_yet"):
        await world.keep(with_key(a_received(WORDS), week))


async def test_an_open_copy_is_a_version_of_its_own() -> None:
    world, event = World(), a_received(WORDS)
    await world.keep(event)
    await world.keep(anonymised(event, OPEN))
    contents = await world.contents(event.event_id)
    assert contents["open-1.sealed"] == OPEN.encode()
    assert contents["open-1-marks.sealed"] == b"[]"
    assert contents["part-1.sealed"] == WORDS.encode()
    assert [(one.step, one.version, one.part) for one in world.rows.outbox] == [
        (Step.MASTER, 1, None),
        (Step.OPEN, 2, 1),
    ]
    assert world.rows.entries[event.event_id].record.parts[1].state is PartState.OPEN


async def test_a_held_part_is_noted_and_makes_no_version() -> None:
    world, event = World(), a_received(WORDS)
    await world.keep(event)
    await world.keep(anonymised(event, None))
    record = world.rows.entries[event.event_id].record
    assert (record.version, record.parts[1].state) == (1, PartState.HELD)
    assert world.told() == [("master", None)]
    await world.keep(anonymised(event, OPEN, revision=2))
    assert world.rows.entries[event.event_id].record.parts[1].state is PartState.OPEN
    assert world.told() == [("master", None), ("open", 1)]


async def test_a_newer_doubt_takes_an_open_copy_out() -> None:
    world, event = World(), a_received(WORDS)
    await world.keep(event, anonymised(event, OPEN))
    await world.keep(anonymised(event, None, revision=2))
    assert "open-1.sealed" not in await world.contents(event.event_id)
    assert world.rows.entries[event.event_id].record.parts[1].state is PartState.HELD


async def test_an_open_copy_that_does_not_open_is_nobodys() -> None:
    world, event, other = World(), a_received(WORDS), a_received("other")
    await world.keep(event, other)
    lent = anonymised(event, OPEN, about=other.event_id).model_copy(update={"source": other.event_id})
    with pytest.raises(Rejected, match="open_copy_bound_elsewhere"):
        await world.keep(lent)
    with pytest.raises(Rejected, match="open_copy_without_words"):
        await world.keep(anonymised(event, OPEN).model_copy(update={"words": None}))
    assert world.told() == [("master", None)] * 2


async def test_what_comes_before_its_master_waits_for_it() -> None:
    world, event = World(), a_received(WORDS)
    await world.keep(anonymised(event, OPEN), triaged(event, Level.HIGH))
    assert not world.objects.files
    assert len(world.rows.pending) == 2
    assert not world.rows.outbox
    await world.keep(event)
    assert not world.rows.pending
    assert sorted(world.told(), key=str) == [("level", 1), ("master", None), ("open", 1)]
    assert world.rows.entries[event.event_id].record.level is Level.HIGH
    assert (await world.contents(event.event_id))["open-1.sealed"] == OPEN.encode()


async def test_a_master_is_not_kept_waiting_by_a_copy_that_opens_no_more() -> None:
    world, event = World(), a_received(WORDS)
    await world.keep(copy := anonymised(event, OPEN))
    keys = world.archivist.ports.opener.private
    world.archivist.ports = replace(
        world.archivist.ports, opener=Opener({Purpose.WORDS: keys[Purpose.WORDS]})
    )
    await world.keep(event)
    contents = await world.contents(event.event_id)
    assert contents["part-1.sealed"] == WORDS.encode()
    assert contents["open-1-event.sealed"] == copy.model_dump_json().encode()
    assert world.rows.entries[event.event_id].record.parts[1].state is PartState.NONE
    assert world.told() == [("master", None)]


async def test_what_builds_on_a_reading_waits_for_the_reading() -> None:
    world, event = World(), a_received(WORDS)
    reading = read(event, "read")
    await world.keep(event, anonymised(reading, "read, open", part=2))
    assert len(world.rows.pending) == 1
    await world.keep(reading)
    contents = await world.contents(event.event_id)
    assert contents["open-2.sealed"] == b"read, open"
    assert contents[f"read-{reading.event_id}-part-2.sealed"] == b"read"


async def test_a_newer_reading_wins_over_an_older_one_in_any_order() -> None:
    for turned in (False, True):
        world, event = World(), a_received(WORDS)
        old, new = read(event, "old"), read(event, "new", revision=2)
        copies = [anonymised(old, "old", part=2, revision=3), anonymised(new, "new", part=2)]
        await world.keep(event, old, new)
        for copy in reversed(copies) if turned else copies:
            await world.keep(copy)
        assert (await world.contents(event.event_id))["open-2.sealed"] == b"new"


async def test_a_level_never_sinks_and_every_finding_is_kept() -> None:
    world, event = World(), a_received(WORDS)
    await world.keep(event)
    for revision, level in enumerate((Level.LOW, Level.IMMEDIATE, Level.NONE), 1):
        await world.keep(triaged(event, level, revision=revision))
    assert world.rows.entries[event.event_id].record.level is Level.IMMEDIATE
    assert len([name for name in await world.contents(event.event_id) if name.startswith("level-")]) == 3


async def test_a_repeat_does_nothing() -> None:
    world, event = World(), a_received(WORDS)
    events = (event, anonymised(event, OPEN), triaged(event, Level.LOW))
    await world.keep(*events)
    before = (dict(world.objects.files), dict(world.rows.entries), list(world.rows.outbox))
    await world.keep(*events, *events)
    await world.keep(event)
    assert (world.objects.files, world.rows.entries, world.rows.outbox) == before


async def test_a_second_master_is_not_swallowed() -> None:
    world, event = World(), a_received(WORDS)
    await world.keep(event)
    with pytest.raises(Rejected, match="second_master"):
        await world.keep(event.model_copy(update={"event_id": uuid4()}))


async def test_numbers_count_up_and_start_anew_each_year() -> None:
    world = World()
    await world.keep(*(a_received(str(n)) for n in range(3)))
    await world.keep(a_received("four"))
    world.archivist.ports = replace(world.archivist.ports, now=lambda: NOW + timedelta(days=60))
    await world.keep(a_received("five"))
    numbers = sorted(entry.record.number or "" for entry in world.rows.entries.values())
    assert numbers == ["2026-0001", "2026-0002", "2026-0003", "2026-0004", "2027-0001"]


async def test_nothing_of_an_erased_contribution_is_kept_again() -> None:
    world, event = World(), a_received(WORDS)
    await world.keep(event)
    entry = world.rows.entries[event.event_id]
    world.rows.entries[event.event_id] = replace(
        entry, wrapped_key=None, record=replace(entry.record, state=State.ERASED)
    )
    before = dict(world.objects.files)
    await world.keep(anonymised(event, OPEN), triaged(event, Level.HIGH), read(event, "again"))
    assert world.objects.files == before
    assert not world.rows.pending
    assert world.told() == [("master", None)]


async def test_a_text_that_is_kept_whole_may_go_at_the_provider() -> None:
    world, event = World(), a_received(WORDS)
    with_picture = a_received(WORDS, media=(("ME1", "image/png"),))
    stolen = moved(a_received(WORDS))
    await world.keep(event, with_picture, stolen)
    copies = {one.contribution_id: one.provider_copies for one in world.rows.outbox}
    assert event.account
    assert event.provider_id
    assert copies[event.event_id] == (Waiting(account=event.account, sid=event.provider_id),)
    assert copies[with_picture.event_id] == (), "its picture is only there"
    assert copies[stolen.event_id] == (), "we cannot read ours"


@pytest.mark.parametrize("files", range(16))
async def test_a_crash_at_any_file_is_made_good(files: int) -> None:
    """Nothing is in the catalogue without its object, and the retry leaves a valid object."""
    world, event = World(), a_received(WORDS)
    kept = a_received("kept before")
    await world.keep(kept)
    batch = (event, anonymised(event, OPEN), anonymised(kept, "kept, open"))
    world.objects.fails_after = files
    with pytest.raises(Unavailable):
        await world.keep(*batch)
    world.objects.fails_after = None
    assert set(world.rows.entries) == {kept.event_id}
    assert (await world.contents(kept.event_id))["part-1.sealed"] == b"kept before"
    world.start()
    await world.keep(triaged(kept, Level.LOW))  # another batch than the one that failed
    await world.keep(*batch)
    check_root(await world.files())
    assert (await world.contents(event.event_id))["part-1.sealed"] == WORDS.encode()
    assert (await world.contents(kept.event_id))["open-1.sealed"] == b"kept, open"
    assert world.told() == [
        ("master", None), ("level", 1), ("master", None), ("open", 1), ("open", 1),
    ]  # fmt: skip


async def test_a_crash_before_the_commit_is_made_good() -> None:
    world, event = World(), a_received(WORDS)
    await world.keep(event, commits=False)
    await world.keep(event)
    await world.keep(anonymised(event, "never known"), commits=False)
    await world.keep(triaged(event, Level.LOW))
    check_root(await world.files())
    contents = await world.contents(event.event_id)
    assert "open-1.sealed" not in contents
    assert contents["part-1.sealed"] == WORDS.encode()


async def test_a_store_that_is_not_the_archives_is_away() -> None:
    world, event = World(), a_received(WORDS)
    await world.keep(event)
    world.objects.files.clear()
    world.start()
    with pytest.raises(Unavailable, match="archive_root_missing"):
        await world.keep(a_received("another"))


async def test_nothing_is_built_on_a_damaged_object() -> None:
    world, event = World(), a_received(WORDS)
    await world.keep(event)
    for key in world.objects.files:
        if key.endswith("inventory.json"):
            world.objects.files[key] += b" "
    with pytest.raises(Retryable, match="object_damaged"):
        await world.keep(triaged(event, Level.LOW))


async def test_a_key_of_an_epoch_that_we_do_not_have_is_asked_for_again() -> None:
    world, event = World(), a_received(WORDS)
    await world.keep(event)
    world.rows.entries[event.event_id] = replace(world.rows.entries[event.event_id], epoch="2")
    with pytest.raises(Retryable, match="no_epoch_key"):
        await world.keep(triaged(event, Level.LOW))


def test_the_archive_holds_no_key_for_what_it_does_not_need() -> None:
    assert set(keys_of("archive").opener.private) == {Purpose.WORDS, Purpose.OBJECT, Purpose.OPEN}
