"""Who may open what: sealed values open in their own place, with their own key, and nowhere else."""

import base64
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import week_of, week_start
from shared.contracts.base import Sealed
from shared.contracts.parts import Consent
from shared.contracts.values import Channel
from shared.errors import Rejected
from shared.vault import OPENS, SECRETS, Binding, Box, CannotOpen, KeyBundle, Opener, Purpose, Sealer
from shared.vault import keyring as keyring_module
from shared.vault.bundle import NoKeys
from shared.vault.digests import bucket, keyed
from shared.vault.keyring import LIVES, Keyring, WrongPassphrase
from shared.vault.purposes import EDGE
from tests.support.keys import keyring, keys_of

WEEK = "2026W48"
NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
HERE = Binding(UUID(int=1), 1, Channel.SMS, Consent(asked=True, quote=True), ("ab" * 32,))


def pair(*weeks: str) -> tuple[Sealer, Opener]:
    private = {p: {w: X25519PrivateKey.generate() for w in weeks or (WEEK,)} for p in Purpose}
    public = {p: {w: k.public_key() for w, k in ks.items()} for p, ks in private.items()}
    return Sealer(public), Opener(private)


SEALER, OPENER = pair()
OF_VERSION_1 = (
    "3LquLjqy7ifqBiwkfoRXbOc1wrl1lfPrSIvHP5BotGTE67FcEPxBmTuuVHskP21RFLyhQip5oRGRph8TPcAazu2clUR047t77g=="
)


@settings(max_examples=60, deadline=None)
@given(clear=st.binary(max_size=2000), purpose=st.sampled_from(Purpose))
def test_what_is_sealed_opens_in_its_place(clear: bytes, purpose: Purpose) -> None:
    sealed = SEALER.seal(purpose, clear, HERE, week=WEEK)
    assert sealed.key == f"{purpose.value}/{WEEK}"
    assert OPENER.open(sealed, HERE) == clear
    assert OPENER.open(Sealed.model_validate_json(sealed.model_dump_json()), HERE) == clear


consents = st.none() | st.builds(
    Consent,
    asked=st.booleans(),
    quote=st.booleans(),
    show=st.booleans(),
    research=st.booleans(),
    contact_me=st.booleans(),
    wording=st.none() | st.text(max_size=5),
)
bindings = st.builds(
    Binding,
    contribution_id=st.integers(1, 3).map(lambda n: UUID(int=n)),
    part=st.integers(0, 11),
    channel=st.sampled_from(Channel),
    consent=consents,
    media=st.lists(st.sampled_from(["ab", "cd", "a", "b", "abcd", ""]), max_size=3).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(one=bindings, other=bindings, purpose=st.sampled_from(Purpose), second=st.sampled_from(Purpose))
def test_no_two_places_are_bound_alike(
    one: Binding, other: Binding, purpose: Purpose, second: Purpose
) -> None:
    same = one == other and purpose is second
    assert (one.info(purpose) == other.info(second)) is same


@settings(max_examples=60, deadline=None)
@given(where=bindings, elsewhere=bindings)
def test_nothing_opens_where_it_was_not_sealed(where: Binding, elsewhere: Binding) -> None:
    sealed = SEALER.seal(Purpose.WORDS, b"hello", where, week=WEEK)
    if where == elsewhere:
        return
    with pytest.raises(CannotOpen) as caught:
        OPENER.open(sealed, elsewhere)
    assert caught.value.reason == "bound_elsewhere"


MOVES: dict[str, Binding] = {
    "another contribution": Binding(UUID(int=2), 1, HERE.channel, HERE.consent, HERE.media),
    "another part": Binding(HERE.contribution_id, 2, HERE.channel, HERE.consent, HERE.media),
    "another channel": Binding(HERE.contribution_id, 1, Channel.WHATSAPP, HERE.consent, HERE.media),
    "a consent that was not given": Binding(
        HERE.contribution_id, 1, HERE.channel, Consent(asked=True, quote=True, show=True), HERE.media
    ),
    "no consent": Binding(HERE.contribution_id, 1, HERE.channel, None, HERE.media),
    "other media": Binding(HERE.contribution_id, 1, HERE.channel, HERE.consent, ("cd" * 32,)),
    "no media": Binding(HERE.contribution_id, 1, HERE.channel, HERE.consent),
}


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("purpose", Purpose)
def test_each_part_of_the_place_counts(name: str, purpose: Purpose) -> None:
    sealed = SEALER.seal(purpose, b"hello", HERE, week=WEEK)
    with pytest.raises(CannotOpen):
        OPENER.open(sealed, MOVES[name])


def test_another_purpose_does_not_open_it_even_with_the_same_key() -> None:
    key = X25519PrivateKey.generate()
    sealer = Sealer({Purpose.WORDS: {WEEK: key.public_key()}})
    opener = Opener({p: {WEEK: key} for p in Purpose})
    sealed = sealer.seal(Purpose.WORDS, b"hello", HERE, week=WEEK)
    assert opener.open(sealed, HERE) == b"hello"
    for purpose in set(Purpose) - {Purpose.WORDS}:
        with pytest.raises(CannotOpen):
            opener.open(Sealed(key=f"{purpose.value}/{WEEK}", ct=sealed.ct), HERE)


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0), bit=st.integers(0, 7))
def test_a_flipped_bit_is_seen(at: int, bit: int) -> None:
    sealed = SEALER.seal(Purpose.WORDS, b"hello", HERE, week=WEEK)
    broken = bytearray(sealed.ct)
    broken[at % len(broken)] ^= 1 << bit
    with pytest.raises(CannotOpen):
        OPENER.open(Sealed(key=sealed.key, ct=bytes(broken)), HERE)


@pytest.mark.parametrize("ct", [b"", b"short", bytes(31), bytes(32), bytes(48), bytes(200)], ids=len)
def test_what_was_never_sealed_does_not_open(ct: bytes) -> None:
    with pytest.raises(CannotOpen):
        OPENER.open(Sealed(key=f"words/{WEEK}", ct=ct), HERE)


@pytest.mark.parametrize("key", ["words/2026W01", "spells/2026W48", "identity_first/x"])
def test_a_key_that_is_gone_or_unknown_is_no_key(key: str) -> None:
    opener = Opener({Purpose.WORDS: OPENER.private[Purpose.WORDS]})
    with pytest.raises(CannotOpen) as caught:
        opener.open(Sealed(key=key, ct=bytes(64)), HERE)
    assert caught.value.reason == "no_key"


def test_the_same_words_never_look_alike() -> None:
    assert len({SEALER.seal(Purpose.WORDS, b"hello", HERE, week=WEEK).ct for _ in range(20)}) == 20


def test_what_was_sealed_before_still_opens() -> None:
    """The binding is for good: a consent or a channel that is added may not change what stands in the topics."""
    private = X25519PrivateKey.from_private_bytes(bytes(range(32)))
    sealed = Sealed(key="words/2026W48", ct=base64.b64decode(OF_VERSION_1))
    binding = Binding(UUID(int=7), 2, Channel.WHATSAPP, Consent(asked=True, research=True), ("ab", "cd"))
    assert Opener({Purpose.WORDS: {"2026W48": private}}).open(sealed, binding) == b"what was said in November"


def test_the_binding_of_version_1() -> None:
    assert Binding(UUID(int=7), 0, Channel.SMS, Consent(), ()).info(Purpose.TAG) == (
        b'{"channel":"sms","consent":{},"contribution":"00000000-0000-0000-0000-000000000007",'
        b'"media":[],"part":0,"purpose":"tag","v":1}'
    )


def test_a_field_of_consent_that_is_added_changes_nothing_for_those_who_were_not_asked() -> None:
    class Later(Consent):
        film: bool = False

    before, after = Consent(asked=True, quote=True), Later(asked=True, quote=True)
    binding = [Binding(UUID(int=1), 1, Channel.SMS, one).info(Purpose.WORDS) for one in (before, after)]
    assert binding[0] == binding[1]
    agreed = Binding(UUID(int=1), 1, Channel.SMS, Later(asked=True, quote=True, film=True))
    assert agreed.info(Purpose.WORDS) != binding[0]


def test_a_process_that_ran_on_for_too_long_seals_under_the_newest_key_it_has() -> None:
    sealer, opener = pair("2026W48", "2026W49")
    sealed = sealer.seal(Purpose.WORDS, b"hello", HERE, week="2027W05")
    assert sealed.key == "words/2026W49"
    assert opener.open(sealed, HERE) == b"hello"


def test_the_identity_needs_two_people() -> None:
    sealed = SEALER.seal_for_two(b"+447700900123", HERE, week=WEEK)
    first = Opener({Purpose.IDENTITY_FIRST: OPENER.private[Purpose.IDENTITY_FIRST]})
    second = Opener({Purpose.IDENTITY_SECOND: OPENER.private[Purpose.IDENTITY_SECOND]})
    with pytest.raises(CannotOpen):
        second.open(sealed, HERE)
    inner = first.open(sealed, HERE)
    assert b"+447700900123" not in inner
    with pytest.raises(CannotOpen):
        first.open(Sealed.model_validate_json(inner), HERE)
    assert second.open(Sealed.model_validate_json(inner), HERE) == b"+447700900123"


# Rows of the table.


@pytest.mark.parametrize("service", OPENS)
def test_a_process_gets_the_keys_of_its_row_and_no_other(service: str) -> None:
    keys = keys_of(service)
    for purpose in Purpose:
        sealed = keys.sealer.seal(purpose, b"hello", HERE, week=week_of(datetime.now(UTC)))
        if purpose in OPENS[service]:
            assert keys.opener.open(sealed, HERE) == b"hello"
            continue
        with pytest.raises(CannotOpen):
            keys.opener.open(sealed, HERE)
    assert set(keys.opener.private) == set(OPENS[service])
    everything = {name for names in SECRETS.values() for name in names}
    for name in everything:
        if name in SECRETS[service]:
            assert keys.secret(name) == keyring().secret(name)
            continue
        with pytest.raises(NoKeys):
            keys.secret(name)
    assert set(keys.secrets) == set(SECRETS[service])


@pytest.mark.parametrize("service", OPENS)
def test_the_text_of_a_bundle_holds_nothing_else_either(service: str) -> None:
    """Read from the text that goes through the pipe, not through the classes that read it."""
    text = keyring().bundle(service)
    kept = keyring()._kept
    for purpose, weeks in kept["pairs"].items():
        for week in weeks.values():
            assert (week["private"] in text) == (purpose in OPENS[service])
            assert week["public"] in text
    for name, value in kept["secrets"].items():
        assert (value in text) == any(kept["secrets"].get(mine) == value for mine in SECRETS[service]), name


@pytest.mark.parametrize("service", sorted(EDGE))
def test_the_edge_opens_nothing(service: str) -> None:
    assert json.loads(keyring().bundle(service))["private"] == {}
    assert OPENS[service] == frozenset()
    names = SECRETS[service]
    partners = "database_art_intake"  # who the partners are and what arrived from them; no words, no address
    assert not [
        n
        for n in names - {partners}
        if n.startswith(("store_", "database_"))
        or n in ("sender", "epoch", "twilio_send", "twilio_fetch", "smtp_send")
    ]


def test_nobody_holds_either_half_of_an_identity() -> None:
    for row in OPENS.values():
        assert not row & {Purpose.IDENTITY_FIRST, Purpose.IDENTITY_SECOND}


def test_every_service_has_a_row_in_both_tables() -> None:
    assert set(OPENS) == set(SECRETS)


def test_no_two_services_share_a_database_role_or_a_store() -> None:
    for prefix in ("database_", "store_"):
        names = [name for row in SECRETS.values() for name in row if name.startswith(prefix)]
        assert len(names) == len(set(names))
    for service, row in SECRETS.items():
        assert all(n.removeprefix("database_") == service for n in row if n.startswith("database_"))


def test_an_unknown_service_gets_nothing() -> None:
    with pytest.raises(KeyError):
        keyring().bundle("intruder")


def test_a_bundle_shows_no_secret_when_it_is_printed() -> None:
    keys = keys_of("anonymiser")
    shown = repr(keys) + str(keys) + repr(keys.opener)
    for value in keys.secrets.values():
        assert repr(value) not in shown
        assert base64.b64encode(value).decode() not in shown
    assert "X25519PrivateKey" not in shown
    assert repr(Box(b"\x07" * 32)) == "Box()"


def test_a_bundle_comes_by_pipe_or_file_and_never_by_itself(tmp_path: Path) -> None:
    import os

    text = keyring().bundle("triage")
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    assert KeyBundle.from_environment({"HEARD_KEYS_FD": str(reading)}).service == "triage"
    path = tmp_path / "keys.json"
    path.write_text(text)
    assert KeyBundle.from_environment({"HEARD_KEYS_FILE": str(path)}).service == "triage"
    with pytest.raises(NoKeys):
        KeyBundle.from_environment({})


# The keyring.


def test_guessing_a_passphrase_is_slow() -> None:
    assert (keyring_module._COST["iterations"], keyring_module._COST["memory_cost"]) == (3, 64 * 1024)


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keyring:
    monkeypatch.setattr(keyring_module, "_COST", {"iterations": 1, "lanes": 1, "memory_cost": 64})
    made = Keyring.open(tmp_path / "kept" / "keyring.json", "correct horse")
    made.rotate(NOW)
    made.save()
    return made


def test_the_keyring_opens_with_its_passphrase_alone(ring: Keyring) -> None:
    again = Keyring.open(ring.path, "correct horse")
    assert again.bundle("triage") == ring.bundle("triage")
    for wrong in ("", "correct horse ", "Correct horse"):
        with pytest.raises(WrongPassphrase):
            Keyring.open(ring.path, wrong)


def test_the_file_shows_nothing_and_is_its_owners_alone(ring: Keyring) -> None:
    assert stat.S_IMODE(ring.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(ring.path.parent.stat().st_mode) == 0o700
    text = ring.path.read_text()
    assert set(json.loads(text)) == {"cost", "salt", "sealed"}
    for value in ring._kept["secrets"].values():
        assert value not in text
    assert [one.name for one in ring.path.parent.iterdir()] == ["keyring.json"]


def test_a_file_left_by_a_crash_does_not_widen_it(ring: Keyring) -> None:
    left = ring.path.with_suffix(".new")
    left.write_text("half a keyr")
    left.chmod(0o644)
    ring.save()
    assert stat.S_IMODE(ring.path.stat().st_mode) == 0o600
    Keyring.open(ring.path, "correct horse")


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_save_that_fails_leaves_the_old_file_whole(
    ring: Keyring, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = ring.path.read_bytes()

    def fails(*_: Any, **__: Any) -> None:
        raise OSError("no room")

    ring.put("twilio_send", b"token")
    ring.put("smtp_send", b"password")
    monkeypatch.setattr("os.fsync" if step == "fsync" else "pathlib.Path.replace", fails)
    with pytest.raises(OSError, match="no room"):
        ring.save()
    monkeypatch.undo()
    assert ring.path.read_bytes() == before
    Keyring.open(ring.path, "correct horse")


@pytest.mark.parametrize("broken", [b"", b"{}", b"null", b'{"cost": 1}', b"\xff"])
def test_a_broken_file_is_refused_and_not_replaced(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "keyring.json"
    path.write_bytes(broken)
    with pytest.raises(WrongPassphrase):
        Keyring.open(path, "correct horse")
    assert path.read_bytes() == broken


def weeks(ring: Keyring, purpose: Purpose = Purpose.WORDS) -> list[str]:
    return sorted(ring._kept["pairs"][purpose.value])


def test_there_are_keys_for_this_week_and_the_next(ring: Keyring) -> None:
    assert all(weeks(ring, purpose) == ["2026W48", "2026W49"] for purpose in Purpose)
    assert not ring.rotate(NOW), "nothing changes twice"
    before = ring.bundle("triage")
    assert ring.rotate(NOW + timedelta(days=7))
    assert weeks(ring) == ["2026W48", "2026W49", "2026W50"]
    after = json.loads(ring.bundle("triage"))
    assert json.loads(before)["private"]["words"].items() <= after["private"]["words"].items()
    assert json.loads(before)["secrets"] == after["secrets"]


def test_a_private_half_is_destroyed_43_days_after_its_week_began(ring: Keyring) -> None:
    begins = week_start("2026W48")
    assert timedelta(days=43) == LIVES
    sealer = ring.keys_of("sms_intake").sealer
    sealed = [sealer.seal(purpose, b"hello", HERE, week="2026W48") for purpose in Purpose]
    ring.rotate(begins + LIVES)
    assert all("2026W48" in weeks(ring, purpose) for purpose in Purpose)
    ring.rotate(begins + LIVES + timedelta(seconds=1))
    ring.save()
    again = Keyring.open(ring.path, "correct horse")
    assert not any("2026W48" in weeks(again, purpose) for purpose in Purpose)
    for service in OPENS:
        opener = again.keys_of(service).opener
        for one in sealed:
            with pytest.raises(CannotOpen, match="no_key"):
                opener.open(one, HERE)


def test_what_is_sealed_on_the_last_day_of_a_week_opens_for_35_days_and_a_segment(ring: Keyring) -> None:
    last = week_start("2026W49") - timedelta(seconds=1)
    sealed = ring.keys_of("sms_intake").sealer.seal(Purpose.WORDS, b"hello", HERE, week=week_of(last))
    ring.rotate(last + timedelta(days=36))
    assert ring.keys_of("triage").opener.open(sealed, HERE) == b"hello"


def test_every_row_is_filled(ring: Keyring) -> None:
    """All but what comes from outside: tokens and passwords of providers."""
    for service, names in SECRETS.items():
        missing = names - set(json.loads(ring.bundle(service))["secrets"])
        assert all(name.startswith(("twilio_", "smtp_")) for name in missing)
        if any(name.startswith("database_") for name in names):
            assert len(ring.keys_of(service).text(f"database_{service}")) >= 32


# Box and digests.


@settings(max_examples=60, deadline=None)
@given(clear=st.binary(max_size=500), place=st.binary(max_size=50), other=st.binary(max_size=50))
def test_a_box_opens_with_its_key_in_its_place(clear: bytes, place: bytes, other: bytes) -> None:
    box = Box(bytes(range(32)))
    sealed = box.seal(clear, place)
    assert box.open(sealed, place) == clear
    for wrong, where in ((Box(bytes(32)), place), (box, other)):
        if wrong is box and other == place:
            continue
        with pytest.raises(Rejected) as caught:
            wrong.open(sealed, where)
        assert caught.value.reason == "box_does_not_open"


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(12), bytes(28), bytes(100)], ids=len)
def test_what_no_box_sealed_does_not_open(sealed: bytes) -> None:
    with pytest.raises(Rejected):
        Box(bytes(32)).open(sealed, b"")


@settings(max_examples=100, deadline=None)
@given(one=st.lists(st.binary(max_size=4), max_size=4), other=st.lists(st.binary(max_size=4), max_size=4))
def test_no_two_lists_have_one_digest(one: list[bytes], other: list[bytes]) -> None:
    assert (keyed(b"k", *one) == keyed(b"k", *other)) is (one == other)


def test_digests_are_keyed_and_never_change() -> None:
    assert keyed(b"k", b"hello") != keyed(b"l", b"hello")
    assert keyed(b"k", b"hello", b"you") == "b7193e82296f190e1145bcd04bcb5c58fd63778ab84c159762ce60dd8b12d010"


def test_the_bucket_is_16_bits() -> None:
    buckets = {bucket(b"k", b"+4477009%05d" % n) for n in range(3000)}
    assert all(len(one) == 4 and int(one, 16) < 2**16 for one in buckets)
    assert len(buckets) > 2500
    assert bucket(b"k", b"a") != bucket(b"l", b"a")
