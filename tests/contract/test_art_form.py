"""What a form brings, and what is answered: over a real spool with Kafka and the database away. A row for each odd thing."""

import asyncio
import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from services.art_intake.handlers.form import Edge, Ports
from services.art_intake.rooms.form.pages import Form
from services.art_intake.settings import Settings
from shared.contracts.events import ContributionReceived
from shared.contracts.ids import form as form_id
from shared.contracts.parts import Part
from shared.contracts.topics import Topic
from shared.contracts.values import AgeBand, Channel, PartKind, Place, Provider, Role
from shared.database import connect
from shared.helplines import helplines
from shared.messaging.intake import Intake
from shared.messaging.spool import SpoolFull
from shared.settings import CommonSettings
from shared.storage import FolderObjects
from shared.vault import Binding
from shared.vault.objects import open_object
from tests.support.keys import keyring, keys_of

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 200_000
NOTHING = ("files", ("", b"", "application/octet-stream"))  # what a browser sends for a field left empty


class Door:
    def __init__(self, folder: Path, **settings: Any) -> None:
        self.now = NOW
        own = Settings(**{"answer_within": 0.02, "least_free": 0, **settings})
        common = CommonSettings(state=folder / "state", kafka=("127.0.0.1:1",))
        keys = keys_of("art_intake")
        objects = FolderObjects.open(folder / "objects")
        self.intake = Intake(
            "art_intake", Topic.ART_RECEIVED, common, self.time, objects=objects, least_free=own.least_free
        )
        self.edge = Edge(
            keys.sealer,
            bucket_key=keys.secret("bucket"),
            digest_key=keys.secret("digest"),
            receipt_key=keys.secret("receipt"),
            form_key=keys.secret("form"),
        )
        engine = connect("postgresql://127.0.0.1:1/nobody")
        ports = Ports(self.intake, self.edge, self.time, own.answer_within)
        self.client = TestClient(Form(ports, engine, own, helplines()).app(), raise_server_exceptions=False)

    def time(self) -> datetime:
        return self.now

    def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.client.get("/form").text)
        assert found
        return found[1]

    def send(
        self, *files: tuple[str, tuple[str, bytes, str]], token: str | None = None, **fields: Any
    ) -> Any:
        return self.client.post(
            "/form", data={"token": token or self.token(), **fields}, files=files or [NOTHING]
        )

    def events(self) -> list[ContributionReceived]:
        rows = self.intake.spool._read.execute("select value from row order by id").fetchall()
        return [ContributionReceived.model_validate_json(row[0]) for row in rows]

    def parcels(self) -> list[Path]:
        return sorted(self.intake.parcels.folder.iterdir())


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path)
    yield made
    made.intake.spool.close()


def a_file(name: str, clear: bytes) -> tuple[str, tuple[str, bytes, str]]:
    return ("files", (name, clear, "text/plain"))


def code_in(text: str) -> str:
    found = re.search(r'id="code">([a-z ]+)<', text)
    assert found
    return found[1]


def opened(event: ContributionReceived, part: Part) -> str:
    assert part.words
    binding = Binding.of(event.context, part.number)
    return keyring().keys_of("triage").opener.open(part.words, binding).decode()


def test_a_form_with_everything_becomes_one_contribution(door: Door) -> None:
    answer = door.send(
        a_file("Tyler's drawing.png", PNG),
        a_file("rap.mp3", b"ID3" + b"s" * 5000),
        words="line one\r\nline two",
        works="nan",
        change="phones",
        not_working="   ",
        quote="yes",
        show="no",
        age="13_15",
        role=["sibling", "care_experienced", "emperor"],
        event_code=" Leeds 14! ",
    )
    assert answer.status_code == 200
    (event,) = door.events()
    assert (event.context.channel, event.provider) == (Channel.WEB, Provider.FORM)
    assert event.context.consent.model_dump() == {
        "asked": True, "quote": True, "show": False, "research": False, "contact_me": False, "wording": "form-2026-11",
    }  # fmt: skip
    assert event.roles == {Role.SIBLING, Role.CARE_EXPERIENCED}
    assert (event.age_band, event.event_code) == (AgeBand.FROM_13, "leeds-14")
    assert event.receipt_hash == door.edge.receipt_hash(code_in(answer.text))
    shape = [(part.number, part.kind, part.place, part.media_type) for part in event.parts]
    assert shape == [
        (1, PartKind.WORDS, Place.BODY, "text/plain"),
        (2, PartKind.WORDS, Place.WORKS, "text/plain"),
        (3, PartKind.WORDS, Place.CHANGE, "text/plain"),
        (4, PartKind.PICTURE, Place.FILE, "image/png"),
        (5, PartKind.SOUND, Place.FILE, "audio/mpeg"),
    ]
    assert [opened(event, part) for part in event.parts[:3]] == ["line one\nline two", "nan", "phones"]
    picture = event.parts[3]
    assert picture.object and picture.size == len(PNG)
    sealed = door.intake.parcels.read(picture.object.key)
    opener = keyring().keys_of("reader").opener
    assert open_object(opener, event.context, 4, picture.digest, picture.object, sealed) == PNG


def test_nothing_of_it_lies_on_the_disk_in_clear(door: Door, tmp_path: Path) -> None:
    door.send(a_file("my-secret-name.png", PNG + b"a-secret-in-the-file" * 9), words="a-secret-phrase")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            clear = path.read_bytes()
            for secret in (b"my-secret-name", b"a-secret-in-the-file", b"a-secret-phrase"):
                assert secret not in clear, path.name


def test_two_taps_are_one_contribution_and_show_one_code(door: Door) -> None:
    token = door.token()
    first, second = (door.send(a_file("a.png", PNG), token=token, words="hi") for _ in range(2))
    assert code_in(first.text) == code_in(second.text)
    assert len(door.events()) == 1
    assert len(door.parcels()) == 1, "what the second tap brought is thrown away"
    assert door.events()[0].event_id == form_id(token)


async def test_two_taps_at_the_same_moment_are_one_contribution(door: Door) -> None:
    token = door.token()
    transport = httpx.ASGITransport(door.client.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://form") as browser:
        taps = [
            browser.post("/form", data={"token": token, "words": "hi"}, files=[a_file("a.png", PNG)])
            for _ in range(5)
        ]
        answers = await asyncio.gather(*taps)
    assert {answer.status_code for answer in answers} == {200}
    assert len({code_in(answer.text) for answer in answers}) == 1
    assert len(door.events()) == len(door.parcels()) == 1


def test_the_same_form_with_other_words_loses_neither(door: Door) -> None:
    token = door.token()
    first, second = (door.send(token=token, words=words) for words in ("one", "another"))
    events = door.events()
    assert [opened(event, event.parts[0]) for event in events] == ["one", "another"]
    assert len({event.event_id for event in events}) == 2
    assert code_in(first.text) == code_in(second.text), "one code stands for both"
    assert events[0].receipt_hash == events[1].receipt_hash


def test_other_forms_have_other_codes(door: Door) -> None:
    assert len({code_in(door.send(words="same words").text) for _ in range(5)}) == 5


@pytest.mark.parametrize(
    ("fields", "files", "status", "said"),
    [
        ({}, [], 400, "Write something, or add a file"),
        ({"words": " \r\n "}, [], 400, "Write something, or add a file"),
        ({"words": "hi"}, [a_file("empty.png", b"")], 400, "“empty.png” is empty"),
        ({"words": "hi"}, [a_file("big.png", b"x" * 3001)], 400, "“big.png” is too big"),
        ({"words": "hi"}, [a_file(f"{n}.png", b"x") for n in range(4)], 400, "“3.png” is one too many"),
        ({"words": "hi"}, [a_file(f"{n}.png", b"x" * 2900) for n in range(3)], 400, "“2.png” did not fit"),
        ({"words": "x" * 5000}, [], 413, "more than we can take at once"),
        ({"words": "hi", "token": "forged"}, [], 400, "open for a long time"),
        ({"words": "hi"}, [a_file("<script>.png", b"")], 400, "“&lt;script&gt;.png” is empty"),
        ({"words": "hi"}, [a_file("C:\\Users\\sam\\cat.png", b"")], 400, "“cat.png” is empty"),
    ],
)
def test_what_is_wrong_is_said_kindly_and_the_words_come_back(
    tmp_path: Path, fields: dict[str, str], files: list[Any], status: int, said: str
) -> None:
    door = Door(tmp_path, files=3, file_limit=3000, form_limit=6000, words_limit=4000)
    answer = (
        door.send(*files, change="</textarea><i>less moving</i>", **fields)
        if fields.get("words", "").strip()
        else door.send(*files, **fields)
    )
    assert answer.status_code == status
    assert said in answer.text
    assert door.events() == []
    assert door.parcels() == [], "nothing of a form that was not accepted stays"
    if fields.get("words", "").strip():
        assert "&lt;/textarea&gt;&lt;i&gt;less moving&lt;/i&gt;</textarea>" in answer.text
        assert fields["words"] in answer.text
        assert ("Please choose the files again" in answer.text) == bool(files)
    door.intake.spool.close()


def test_words_alone_need_no_room_and_files_are_told_when_there_is_none(tmp_path: Path) -> None:
    """A full disk stops uploads first; words are taken."""
    door = Door(tmp_path, least_free=2**60)
    assert door.send(words="still heard").status_code == 200
    answer = door.send(a_file("a.png", PNG), words="and this")
    assert answer.status_code == 503
    assert "You can send your words now" in answer.text
    assert "and this" in answer.text
    assert len(door.events()) == 1
    door.intake.spool.close()


def test_a_disk_that_fills_up_in_the_middle_keeps_the_words(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SpoolFull

    monkeypatch.setattr("shared.messaging.parcels.Packing.finish", full)
    answer = door.send(a_file("a.png", PNG), words="kept here")
    assert answer.status_code == 503
    assert "kept here" in answer.text


def test_when_nothing_takes_it_nobody_is_thanked(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> int:
        raise SpoolFull

    async def away(*_: object) -> bool:
        return False

    monkeypatch.setattr(door.intake.spool, "accept", full)
    monkeypatch.setattr(door.intake.drain, "publish_alone", away)
    answer = door.send(words="not yet")
    assert answer.status_code == 503
    assert "Something went wrong on our side" in answer.text
    assert "not yet" in answer.text
    assert "Thank you" not in answer.text


def test_an_old_form_gets_a_new_token_with_its_words(door: Door) -> None:
    token = door.token()
    door.now += timedelta(days=8)
    answer = door.send(token=token, words="slow writer")
    assert answer.status_code == 400
    fresh = re.search(r'name="token" value="([^"]+)"', answer.text)
    assert fresh and fresh[1] != token
    assert door.send(token=fresh[1], words="slow writer").status_code == 200


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", b"hello"),
        ("application/x-www-form-urlencoded", b"words=hello"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"nothing like it"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="words"\r\n\r\ncut of'),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\ncut'),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: b\r\n" * 100 + b"\r\n--x--"),
        ("multipart/form-data; boundary=" + "y" * 4000, b"--y"),
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused_and_leaves_nothing(door: Door, kind: str, body: bytes) -> None:
    answer = door.client.post("/form", content=body, headers={"content-type": kind})
    assert answer.status_code == 400
    assert door.parcels() == []
    assert door.events() == []


def test_a_thousand_fields_and_endless_words_are_cut_off(door: Door) -> None:
    many = {f"f{n}": "x" for n in range(1000)}
    assert door.send(**many, words="hi").status_code == 400
    assert door.send(words="x" * 5_000_000).status_code == 400
    assert door.events() == []


def test_a_body_that_says_it_is_endless_is_not_begun(tmp_path: Path) -> None:
    door = Door(tmp_path, form_limit=1000)
    assert door.send(a_file("a", b"x" * 5000), words="hi").status_code == 413
    door.intake.spool.close()


async def test_whoever_goes_away_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    door = Door(tmp_path)
    boundary = b"--x\r\n"
    head = b'Content-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    pieces = [boundary + head + PNG[:150_000], PNG[150_000:]]

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        if pieces:
            return {"type": "http.request", "body": pieces.pop(0), "more_body": True}
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        pass

    headers = [(b"content-type", b"multipart/form-data; boundary=x")]
    scope = {
        "type": "http", "method": "POST", "path": "/form", "raw_path": b"/form", "query_string": b"",
        "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("h", 80), "client": ("c", 1),
        "root_path": "",
    }  # fmt: skip
    await door.client.app(scope, receive, send)
    assert door.parcels() == []
    door.intake.spool.close()


@pytest.mark.parametrize("path", ["/", "/form", "/code", "/nothing"])
def test_a_page_is_kept_nowhere_and_asks_nobody_else(door: Door, path: str) -> None:
    answer = door.client.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert "set-cookie" not in answer.headers
    away = set(re.findall(r'(?:src|href|action)="(https?://[^"]+)"', answer.text))
    assert away == {"https://www.bbc.co.uk/weather"}
    assert "Exit this page" in answer.text
    assert "<script>" not in answer.text and " style=" not in answer.text and " onclick" not in answer.text


def test_the_design_system_comes_without_crown_typeface_or_remote_parts(door: Door) -> None:
    css = door.client.get("/static/govuk-frontend.min.css").text
    assert "govuk-button" in css
    assert "url(" not in css and "@import" not in css and "@font-face" not in css
    assert "GDS Transport" not in css
    for page in ("/", "/form", "/code"):
        text = door.client.get(page).text
        assert "govuk-logo" not in text and "crown" not in text.lower() and "GOV.UK" not in text
    assert "MIT" in door.client.get("/static/LICENCE.txt").text
    assert door.client.get("/static/..%2fpages.py").status_code == 404


def test_honest_limits_stand_before_the_first_field(door: Door) -> None:
    text = door.client.get("/form").text
    first = text.index("<textarea")
    for limit in (
        "The people who read your words are not told who you are",
        "we may have to tell someone who can help",
        "This is not an emergency service",
        "We cannot change a decision in your case",
        "You do not have to tell us what happened to you",
    ):
        assert 0 < text.index(limit) < first
    assert "0800 1111" in text and "85258" in text and "999" in text


def test_nothing_is_required_and_no_consent_is_given_beforehand(door: Door) -> None:
    text = door.client.get("/form").text
    assert " required" not in text and " checked" not in text


# The page of the six words.


@pytest.mark.parametrize("typed", ["", "apple", "apple " * 6, "x" * 3000, "a b c d e f g", '"><script>'])
def test_with_the_database_away_the_code_page_says_so_kindly(door: Door, typed: str) -> None:
    answer = door.client.post("/code", data={"code": typed})
    assert answer.status_code == 503
    assert "What you sent is safe" in answer.text
    if typed:
        shown = html.escape(typed[:200]).replace("&quot;", "&#34;")
        assert f'value="{shown}"' in answer.text, "it is put back, and is never markup"


def test_events_say_nothing_of_the_code_itself(door: Door) -> None:
    code = code_in(door.send(words="hi").text)
    rows = door.intake.spool._read.execute("select value, headers from row").fetchall()
    said = json.dumps([[str(one) for one in row] for row in rows])
    assert code not in said
