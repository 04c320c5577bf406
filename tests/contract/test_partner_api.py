"""What partner organisations send, and what they are answered."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.art_intake.adapters.partners import Arrived
from services.art_intake.handlers.partners import Edge, handed
from services.art_intake.rules.partner_keys import Scope
from services.art_intake.rules.status import ItemStatus
from shared.contracts.ids import partner_item
from shared.contracts.values import AgeBand, Channel, PartKind, Place, Provider, Role
from shared.vault import Binding, Purpose
from shared.vault.objects import open_object
from tests.support.keys import keyring, keys_of
from tests.support.partners import START, Door, a_key, known

DRAWING = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300
CANARY = "canary-4d1e-kestrel"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    found = Door(tmp_path)
    yield found
    found.close()


def multipart(said: object, file: bytes | None = DRAWING, kind: str = "image/png") -> dict[str, Any]:
    parts: list[tuple[str, Any]] = [("item", (None, json.dumps(said), "application/json"))]
    if file is not None:
        parts.append(("file", ("Sam's drawing.png", file, kind)))
    return {"files": parts}


def an_id() -> str:
    return str(uuid4())


def opened(event: Any, number: int) -> bytes:
    """A part's words, as the inside reads them."""
    (part,) = (one for one in event.parts if one.number == number)
    opener = keys_of("triage").opener
    return opener.open(part.words, Binding.of(event.context, number))


# What is taken.


def test_a_drawing_with_everything_that_can_be_said_of_it(door: Door) -> None:
    item_id = an_id()
    said = {
        "caption": "my room",
        "age_band": "8_12",
        "roles": ["child", "sibling"],
        "group_size": 1,
        "event_code": "leeds-3",
        "language": "en-GB",
        "sent_for": "Kestrel Adeyemi",
        "worried": True,
        "consent": {"quote": True, "show": False, "wording": "2026-11"},
        "sha256": sha256(DRAWING).hexdigest(),
    }
    answer = door.put(item_id, **multipart(said))
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "item_id": item_id,
        "contribution_id": str(partner_item("northside", item_id)),
        "sha256": sha256(DRAWING).hexdigest(),
        "size": len(DRAWING),
        "kept_beside_another": False,
    }
    assert answer.headers["cache-control"] == "no-store"
    (event,) = door.accepted
    context = event.context
    assert (context.channel, event.provider) == (Channel.PARTNER, Provider.PARTNER)
    assert (event.partner_id, event.item_id) == ("northside", item_id)
    assert context.partner_flag
    assert context.tag is None, "two children of one partner are no thread"
    assert (context.consent.asked, context.consent.quote, context.consent.show) == (True, True, False)
    assert (event.age_band, event.event_code, event.group_size) == (AgeBand.FROM_8, "leeds-3", 1)
    assert event.roles == {Role.CHILD, Role.SIBLING}
    assert [(one.kind, one.place) for one in event.parts] == [
        (PartKind.WORDS, Place.CAPTION),
        (PartKind.PICTURE, Place.FILE),
    ]
    assert opened(event, 1) == b"my room"
    assert context.names is not None
    names = keys_of("anonymiser").opener.open(context.names, Binding.of(context))
    assert json.loads(names) == ["Kestrel Adeyemi"]


def test_the_file_opens_inside_and_is_never_on_disk_in_clear(door: Door) -> None:
    drawing = DRAWING + CANARY.encode()
    assert door.put(an_id(), **multipart({"sent_for": CANARY}, drawing)).status_code == 200
    (event,) = door.accepted
    part = event.parts[0]
    assert part.object is not None
    (path,) = door.on_disk
    sealed = path.read_bytes()
    opener = keys_of("reader").opener
    assert open_object(opener, event.context, 1, part.digest, part.object, sealed) == drawing
    assert part.size == len(drawing)
    kept = b"".join(one.read_bytes() for one in door.intake.spool.path.parent.rglob("*") if one.is_file())
    assert CANARY.encode() not in kept
    assert b"Sam's drawing" not in kept


def test_the_order_of_the_parts_does_not_matter(door: Door) -> None:
    parts = multipart({"caption": "hi"})["files"][::-1]
    assert door.put(an_id(), files=parts).status_code == 200
    assert [one.place for one in door.accepted[0].parts] == [Place.CAPTION, Place.FILE]


def test_notes_of_a_discussion_are_words(door: Door) -> None:
    notes = "We were 14. Nobody had been asked before."
    answer = door.put(an_id(), json={"words": notes, "group_size": 14})
    assert answer.status_code == 200
    assert answer.json()["sha256"] == sha256(notes.encode()).hexdigest()
    (event,) = door.accepted
    assert event.group_size == 14
    assert opened(event, 1).decode() == notes
    assert door.on_disk == []


def test_a_bare_file_with_what_is_said_of_it_in_a_header(door: Door) -> None:
    said = base64.b64encode(json.dumps({"caption": "żaba"}).encode()).decode()
    headers = {"Content-Type": "audio/ogg", "Heard-Item": said}
    assert door.put(an_id(), content=b"OggS" * 50, headers=headers).status_code == 200
    (event,) = door.accepted
    assert opened(event, 1).decode() == "żaba"
    assert (event.parts[1].kind, event.parts[1].media_type) == (PartKind.SOUND, "audio/ogg")


def test_not_asked_means_no(door: Door) -> None:
    door.put(an_id(), **multipart({}))
    consent = door.accepted[0].context.consent
    assert not any((consent.asked, consent.quote, consent.show, consent.research, consent.contact_me))


# A resend.


def test_a_resend_is_the_same_contribution_and_leaves_no_second_file(door: Door) -> None:
    item_id = an_id()
    answers = [door.put(item_id, **multipart({"caption": "hi"})).json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert len(door.accepted) == len(door.on_disk) == 1


@pytest.mark.parametrize("other", [{"caption": "ho"}, {"worried": True}, {"consent": {"quote": False}}])
def test_the_same_id_with_something_else_is_kept_beside_the_first(door: Door, other: dict[str, Any]) -> None:
    item_id = an_id()
    first = door.put(item_id, **multipart({})).json()
    second = door.put(item_id, **multipart(other))
    assert second.status_code == 200
    assert second.json()["kept_beside_another"] is True
    assert second.json()["contribution_id"] != first["contribution_id"]
    assert len(door.accepted) == 2
    assert door.conflicts == 1


def test_other_bytes_under_the_same_id_are_both_kept(door: Door) -> None:
    item_id = an_id()
    door.put(item_id, **multipart({}, b"one"))
    assert door.put(item_id, **multipart({}, b"two")).json()["kept_beside_another"] is True
    assert len(door.accepted) == len(door.on_disk) == 2


def test_two_partners_may_use_one_id(door: Door) -> None:
    item_id = an_id()
    door.put(item_id, **multipart({}))
    assert door.put(item_id, "other-club", **multipart({})).json()["kept_beside_another"] is False
    assert [one.partner_id for one in door.accepted] == ["northside", "other-club"]


# What is not taken; each leaves nothing behind.

BOUNDARY = "multipart/form-data; boundary=xx"


def part(name: str, body: bytes, more: str = "") -> bytes:
    return f'--xx\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + body + b"\r\n"


ITEM = part("item", b"{}")
END = b"--xx--\r\n"


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (ITEM + part("file", b"a"), BOUNDARY, 400, "cut_short"),
        (ITEM + part("file", b"a")[:-6], BOUNDARY, 400, "cut_short"),
        (b"", BOUNDARY, 400, "cut_short"),
        (ITEM + END, BOUNDARY, 400, "nothing_sent"),
        (ITEM + part("file", b"a") + part("file", b"b") + END, BOUNDARY, 400, "several_files"),
        (ITEM + part("picture", b"a") + END, BOUNDARY, 400, "unknown_part"),
        (b"no multipart at all", BOUNDARY, 400, "not_multipart"),
        (ITEM + END, "multipart/form-data", 400, "not_multipart"),
        (b"--xx\r\n" + b"A" * 20_000 + b": b\r\n\r\n", BOUNDARY, 400, "not_multipart"),
        (part("item", b"[1]") + part("file", b"a") + END, BOUNDARY, 422, "not_understood"),
        (part("item", b"\xff") + part("file", b"a") + END, BOUNDARY, 422, "not_understood"),
        (part("item", b'{"worred": true}') + part("file", b"a") + END, BOUNDARY, 422, "not_understood"),
        (part("item", b'{"age_band": "9"}') + part("file", b"a") + END, BOUNDARY, 422, "not_understood"),
        (part("item", b'{"roles": ["pupil"]}') + part("file", b"a") + END, BOUNDARY, 422, "not_understood"),
        (part("item", b'{"group_size": 0}') + part("file", b"a") + END, BOUNDARY, 422, "not_understood"),
        (part("item", b'{"worried": "yes"}') + part("file", b"a") + END, BOUNDARY, 422, "not_understood"),
        (
            part("item", b'{"sha256": "%s"}' % (b"0" * 64)) + part("file", b"a") + END,
            BOUNDARY,
            400,
            "other_bytes",
        ),
        (ITEM + part("file", b"a" * 200_001) + END, BOUNDARY, 413, "too_large"),
        (part("item", b" " * 700_000) + END, BOUNDARY, 413, "too_long"),
        (b"{", "application/json", 422, "not_understood"),
        (b"{}", "application/json", 400, "nothing_sent"),
        (b"\x00\x01", "image/png", 422, "not_understood"),
    ],
)
def test_what_is_not_taken(door: Door, body: bytes, kind: str, status: int, code: str) -> None:
    headers = {"Content-Type": kind}
    if kind == "image/png":
        headers["Heard-Item"] = "not base64"
    answer = door.put(an_id(), content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert door.accepted == []
    assert door.on_disk == []


def test_an_answer_never_quotes_what_came(door: Door) -> None:
    for said in ({CANARY: 1}, {"caption": [CANARY]}, {"age_band": CANARY}, {"consent": {CANARY: True}}):
        answer = door.put(an_id(), **multipart(said))
        assert answer.status_code == 422
        assert CANARY not in answer.text


@pytest.mark.parametrize("item_id", ["sam", "1", "a" * 36, "../../etc", "7b0a3f0e6a514c399c0a1b8c2f6d1e55"])
def test_an_items_id_is_a_uuid_so_that_it_holds_no_name(door: Door, item_id: str) -> None:
    assert door.put(item_id, **multipart({})).status_code in (400, 404)
    assert door.accepted == []


def test_a_declared_length_over_the_limit_is_refused_before_a_byte_is_read(door: Door) -> None:
    headers = {"Content-Length": "999999999999", "Content-Type": BOUNDARY}
    answer = door.put(an_id(), content=iter([b"x"]), headers=headers)
    assert answer.status_code == 413


def test_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    door = Door(tmp_path, least_free=1 << 60)
    answer = door.put(an_id(), **multipart({}))
    assert (answer.status_code, answer.json()["code"]) == (503, "no_room")
    assert answer.headers["retry-after"] == "60"
    assert door.on_disk == []
    door.close()


# Who may come in.


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic " + a_key("northside"),
        "Bearer " + a_key("northside", "b"),
        "Bearer " + a_key("nobody"),
        "Bearer heard_northside",
        "Bearer " + a_key("northside") + "x",
        "Bearer " + a_key("northside").upper(),
        "Bearer \xff",
    ],
)
def test_without_a_known_key_everything_is_401(door: Door, authorization: str | None) -> None:
    headers = {} if authorization is None else {b"Authorization": authorization.encode("latin-1")}
    for answer in (
        door.client.put(f"/items/{an_id()}", headers=headers, **multipart({})),
        door.client.get("/items", headers=headers),
        door.client.get("/proof", headers=headers),
        door.client.post(f"/items/{an_id()}/removal", headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "no_key")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert door.accepted == []


@pytest.mark.parametrize("scope", Scope)
def test_a_key_may_do_what_its_scope_says(door: Door, scope: Scope) -> None:
    door.keys = {"northside": [known(a_key("northside"), "northside", frozenset({scope}))]}
    sending, reading = door.put(an_id(), **multipart({})), door.get("/items")
    if scope is Scope.SEND:
        assert (sending.status_code, reading.status_code) == (200, 403)
    else:
        assert (sending.status_code, reading.status_code) == (403, 503)  # the database is away here


def test_a_key_ends(door: Door) -> None:
    ends = START + timedelta(hours=1)
    door.keys = {"northside": [known(a_key("northside"), "northside", expires_at=ends)]}
    assert door.put(an_id(), **multipart({})).status_code == 200
    door.later(3600)
    assert door.put(an_id(), **multipart({})).status_code == 401


def test_a_revoked_key_is_refused_once_the_database_has_said_so(door: Door) -> None:
    assert door.put(an_id(), **multipart({})).status_code == 200
    door.keys = {}
    door.later(2.1)
    assert door.put(an_id(), **multipart({})).status_code == 401


@pytest.mark.parametrize("seconds", [0.001, 0.1, 0.5])
def test_a_key_that_was_made_a_moment_ago_comes_in(door: Door, seconds: float) -> None:
    assert door.put(an_id(), **multipart({})).status_code == 200
    door.later(seconds)
    door.keys = {"new-club": [known(a_key("new-club"), "new-club")]}
    assert door.put(an_id(), "new-club", **multipart({})).status_code == 200


def test_sending_goes_on_for_ten_minutes_without_the_database_and_then_asks_to_wait(door: Door) -> None:
    assert door.put(an_id(), **multipart({})).status_code == 200
    door.database_away = True
    door.keys = {}
    door.later(590)
    assert door.put(an_id(), **multipart({})).status_code == 200
    assert door.get("/items").json()["code"] == "away"
    door.later(20)
    answer = door.put(an_id(), **multipart({}))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    door.database_away = False
    door.later(2)
    assert door.put(an_id(), **multipart({})).status_code == 401, "it was revoked meanwhile"


def test_a_key_without_the_shape_of_one_asks_the_database_nothing(door: Door) -> None:
    assert door.put(an_id(), **multipart({})).status_code == 200
    before = door.asked
    door.later(1)
    assert door.client.get("/items", headers={"Authorization": "Bearer guess"}).status_code == 401
    assert door.asked == before


def test_a_database_that_is_away_is_asked_once_a_second_at_most(door: Door) -> None:
    door.put(an_id(), **multipart({}))
    door.database_away = True
    door.later(5)
    before = door.asked
    for _ in range(10):
        assert door.put(an_id(), **multipart({})).status_code == 200
    assert door.asked == before + 1


def test_too_often_is_429_for_the_one_who_comes_too_often(tmp_path: Path) -> None:
    door = Door(tmp_path, rate=1.0, burst=3)
    answers = [door.put(an_id(), **multipart({})).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    assert door.put(an_id(), "other-club", **multipart({})).status_code == 200
    door.later(1.0)
    assert door.put(an_id(), **multipart({})).status_code == 200
    door.close()


def test_refusals_are_counted(door: Door) -> None:
    door.put("no-id", **multipart({}))
    door.client.put(f"/items/{an_id()}", **multipart({}))
    assert {one["status"]: one["n"] for one in door.intake.spool.refused()} == {400: 1, 401: 1}


def test_other_addresses_say_nothing_of_the_framework(door: Door) -> None:
    assert door.client.get("/docs").json()["code"] == "not_here"
    assert door.client.delete("/items").json()["code"] == "not_here"
    assert door.get("/items?limit=x").json()["code"] == "not_understood"
    assert door.get("/items?limit=501").json()["code"] == "bad_limit"
    assert door.get("/items?after=zzz").json()["code"] == "bad_mark"


def test_the_public_key_is_no_secret(door: Door) -> None:
    answer = door.client.get("/public-key").json()
    assert len(bytes.fromhex(answer["public_key"])) == 32
    assert keyring().secret("proof").hex() != answer["public_key"]


def test_the_edge_opens_what_it_boxed_for_this_contribution_alone(door: Door) -> None:
    ids = [door.put(an_id(), **multipart({}, body)).json() for body in (b"one", b"four!")]
    edge = Edge.of(keys_of("art_intake"))
    rows = [
        Arrived(
            event.event_id,
            event.item_id or "",
            START,
            ItemStatus.RECEIVED,
            event.handover.ct if event.handover else None,
        )
        for event in door.accepted
    ]
    assert [(one.sha256, one.size) for one in (handed(row, edge) for row in rows)] == [
        (one["sha256"], one["size"]) for one in ids
    ]
    moved = replace(rows[0], handover=rows[1].handover)
    assert (handed(moved, edge).sha256, handed(moved, edge).size) == ("", 0), "and is not lost from the list"


# The description.

SNAPSHOT = Path(__file__).parent / "partner-api.openapi.json"


def test_the_description_is_the_one_that_partners_were_given(door: Door) -> None:
    """After a change that was meant: write it anew, and look at the difference."""
    text = json.dumps(door.app.openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if not SNAPSHOT.exists():
        SNAPSHOT.write_text(text, encoding="utf-8")
        pytest.fail("the snapshot was written anew: look at it, and run this again")
    assert SNAPSHOT.read_text(encoding="utf-8") == text, (
        "if that was meant, delete the snapshot and run this again"
    )


def test_the_description_says_no_level() -> None:
    told = SNAPSHOT.read_text(encoding="utf-8").lower()
    for word in ("immediate", "unassessed", "triage", '"level"', "held"):
        assert word not in told


def test_a_purpose_that_is_not_the_edges_is_not_in_its_keys() -> None:
    assert not keys_of("art_intake").opener.private
    assert Purpose.OBJECT in keys_of("reader").opener.private
