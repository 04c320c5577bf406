"""What was written is read for as long as it is kept: snapshots, golden messages, careful readings of the unknown."""

import copy
import inspect
import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.contracts import snapshot, values
from shared.contracts.compatible import breaks
from shared.contracts.events import ContributionReceived, ContributionTriaged
from shared.contracts.snapshot import path_of, schema_of, text_of
from shared.contracts.topics import MODELS, Topic
from shared.messaging.arrival import fields_of

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.json"))
CANARY = "canary-7f3a-somebody-said-this"


def topic_of(path: Path) -> Topic:
    return Topic(path.name.removesuffix(".json").rpartition(".")[0])


@pytest.mark.parametrize("topic", Topic)
def test_the_snapshot_says_what_the_code_says(topic: Topic) -> None:
    assert path_of(topic).read_text(encoding="utf-8") == text_of(topic), (
        "run `python -m shared.contracts.snapshot` and look at the change"
    )


def test_every_snapshot_belongs_to_a_topic() -> None:
    assert {path.stem for path in snapshot.FOLDER.iterdir()} == {topic.value for topic in Topic}


# The checker itself: each change below is made to a real schema.


def changed(change: Callable[[dict[str, Any]], object], topic: Topic = Topic.SMS_RECEIVED) -> list[str]:
    before = schema_of(topic)
    after = copy.deepcopy(before)
    change(after)
    return breaks(before, after)


def definition(schema: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"][name]
    return found


BREAKING: dict[str, Callable[[dict[str, Any]], object]] = {
    "a removed field": lambda s: s["properties"].pop("nation"),
    "a removed field further in": lambda s: definition(s, "Consent")["properties"].pop("quote"),
    "a new field that is required": lambda s: (
        s["properties"].update(extra={"type": "string"}),
        s["required"].append("extra"),
    ),
    "a field that becomes required": lambda s: s["required"].append("group_size"),
    "a field further in that becomes required": lambda s: definition(s, "Context")["required"].append("tag"),
    "another type": lambda s: s["properties"].update(group_size={"type": "string"}),
    "another type further in": lambda s: definition(s, "Part")["properties"]["size"].update(type="string"),
    "a narrowed enum": lambda s: definition(s, "Role")["enum"].remove("prison"),
    "a string that becomes an enum": lambda s: s["properties"].update(
        digest={"type": "string", "enum": ["a"]}
    ),
    "null no longer allowed": lambda s: s["properties"].update(account={"type": "string", "default": None}),
    "another pattern": lambda s: s["properties"]["digest"].update(pattern="^[0-9a-f]{128}$"),
    "another format": lambda s: s["properties"]["event_id"].update(format="date-time"),
    "a higher minimum": lambda s: s["properties"]["group_size"].update(minimum=2),
    "a new minimum": lambda s: definition(s, "Part")["properties"]["parent"]["anyOf"][0].update(minimum=1),
    "a lower length": lambda s: definition(s, "Consent")["properties"]["wording"]["anyOf"][0].update(
        maxLength=10
    ),
    "more items wanted": lambda s: s["properties"]["parts"].update(minItems=2),
    "other items": lambda s: s["properties"]["parts"].update(items={"type": "string"}),
    "another default": lambda s: s["properties"]["group_size"].update(default=2),
    "a default taken away": lambda s: s["properties"]["group_size"].pop("default"),
    "unknown fields refused": lambda s: s.update(additionalProperties=False),
    "a word that the checker does not know": lambda s: s.update(dependentRequired={"nation": ["language"]}),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_breaking_change_is_refused(name: str) -> None:
    assert changed(BREAKING[name])


ALLOWED: dict[str, Callable[[dict[str, Any]], object]] = {
    "nothing": lambda s: None,
    "a new field that may be absent": lambda s: s["properties"].update(
        extra={"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    ),
    "a new optional field further in": lambda s: definition(s, "Consent")["properties"].update(
        film={"type": "boolean", "default": False}
    ),
    "one more value": lambda s: definition(s, "Role")["enum"].append("youth_worker"),
    "null allowed as well": lambda s: s["properties"].update(
        digest={"anyOf": [s["properties"]["digest"], {"type": "null"}]}
    ),
    "no longer required": lambda s: s["required"].remove("digest"),
    "a lower minimum": lambda s: s["properties"]["group_size"].update(minimum=0),
    "other words about it": lambda s: s.update(description="said better", title="Received"),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_a_harmless_change_is_allowed(name: str) -> None:
    assert changed(ALLOWED[name]) == []


def test_the_values_of_a_map_are_compared_too() -> None:
    assert changed(
        lambda s: s["properties"]["counts"]["patternProperties"].update(
            {name: {"type": "string"} for name in s["properties"]["counts"]["patternProperties"]}
        ),
        Topic.ANONYMISED,
    )


def test_the_snapshot_is_not_overwritten_by_a_breaking_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(snapshot, "FOLDER", tmp_path)
    assert snapshot.main() == 0
    path = path_of(Topic.TRIAGED)
    old = json.loads(path.read_text())
    old["properties"]["feeling"] = {"type": "string"}  # so today's code looks as if it had removed it
    path.write_text(json.dumps(old))
    assert snapshot.main() == 1
    assert "contributions.triaged.v1 whole.feeling: was removed" in capsys.readouterr().out
    assert json.loads(path.read_text()) == old


def test_a_topic_cannot_vanish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "FOLDER", tmp_path)
    (tmp_path / "contributions.sung.v1.json").write_text("{}")
    assert snapshot.broken() == ["contributions.sung.v1: the topic was removed"]


# Golden messages: as they were written; never changed, only added to.


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_message_is_read_whole(path: Path) -> None:
    written = json.loads(path.read_text(encoding="utf-8"))
    event = MODELS[topic_of(path)].model_validate_json(path.read_bytes())
    assert_holds(json.loads(event.model_dump_json()), written, path.stem)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_message_fits_the_snapshot(path: Path) -> None:
    """By somebody else's reading of the schema, too."""
    schema = json.loads(path_of(topic_of(path)).read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("topic", Topic)
def test_golden_messages_show_every_field(topic: Topic) -> None:
    """A new field needs a new golden message, so that its first form is kept."""
    shown: set[str] = set()
    minimal: list[set[str]] = []
    for path in FILES:
        if topic_of(path) is topic:
            found = json.loads(path.read_text(encoding="utf-8"))
            shown |= set(found)
            minimal.append(set(found))
    schema = schema_of(topic)
    assert shown == set(schema["properties"])
    assert set(schema["required"]) in minimal


def assert_holds(read: Any, written: Any, at: str) -> None:
    """Everything that was written is there, with its meaning; defaults may have been added."""
    if isinstance(written, dict):
        for name, value in written.items():
            assert_holds(read[name], value, f"{at}.{name}")
    elif isinstance(written, list):
        ordered = not at.endswith(".roles")
        assert len(read) == len(written), at
        for one, other in zip(
            read if ordered else sorted(read), written if ordered else sorted(written), strict=True
        ):
            assert_holds(one, other, f"{at}[]")
    else:
        assert read == written, at


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_fields_of_tomorrow_are_ignored_everywhere(path: Path) -> None:
    def grown(value: Any) -> Any:
        if isinstance(value, dict) and "phone" not in value:  # counts is a map: its names are free
            return {**{k: grown(v) for k, v in value.items()}, "of_tomorrow": {"deep": [1]}}
        return [grown(one) for one in value] if isinstance(value, list) else value

    model = MODELS[topic_of(path)]
    plain = json.loads(path.read_text(encoding="utf-8"))
    assert model.model_validate_json(json.dumps(grown(plain))) == model.model_validate(plain)


# Values of tomorrow.

MOST_CAREFUL: dict[type[StrEnum], str | None] = {
    values.Keyword: "help",
    values.SafeContact: "no",
    values.Deletion: "refused",
    values.Role: "other",
    values.AgeBand: "u8",
    values.PartKind: "other",
    values.Place: "body",
    values.Outcome: "unreadable",
    values.Level: "unassessed",
    values.Tray: "low_confidence",
    values.ThreadUse: "timed_out",
    values.Status: "held",
    values.HoldCause: "doubt",
    values.SendResult: "unknown",
    # None: the record is refused as a whole, which puts it before a person.
    values.Channel: None,
    values.Provider: None,
    values.Step: None,
    values.ReplyKind: None,
    values.WithheldCause: None,
}


def test_the_table_has_every_value_of_the_contracts() -> None:
    every = {
        one
        for _, one in inspect.getmembers(values, inspect.isclass)
        if issubclass(one, StrEnum) and one not in (StrEnum, values.Careful)
    }
    assert every == set(MOST_CAREFUL)


@pytest.mark.parametrize("kind", MOST_CAREFUL, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("unknown", [CANARY, "", "SMS", "Immediate", "none "])
def test_an_unknown_value_becomes_the_most_careful(kind: type[StrEnum], unknown: str) -> None:
    reads = TypeAdapter(kind)
    careful = MOST_CAREFUL[kind]
    if careful is not None:
        assert reads.validate_json(json.dumps(unknown)).value == careful
        return
    with pytest.raises(ValidationError):
        reads.validate_json(json.dumps(unknown))


@pytest.mark.parametrize("kind", MOST_CAREFUL, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("wrong", ["1", "null", "[]", "true"])
def test_what_is_no_text_is_no_value(kind: type[StrEnum], wrong: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_json(wrong)


def test_unknown_values_are_careful_inside_an_event() -> None:
    golden = json.loads((GOLDEN / "contributions.triaged.v1.full.json").read_text())
    read = ContributionTriaged.model_validate({**golden, "level": "catastrophic", "thread": "guessed"})
    assert (read.level, read.thread) == (values.Level.UNASSESSED, values.ThreadUse.TIMED_OUT)


def test_levels_are_ordered_as_the_safeguarding_lead_expects() -> None:
    ranked = sorted(values.Level, key=lambda level: -level.rank)
    assert [level.value for level in ranked] == ["immediate", "high", "unassessed", "medium", "low", "none"]
    assert {level.value for level in values.Level if level.rings} == {"immediate", "high", "unassessed"}


# Errors.


def spoiled(value: Any) -> list[Any]:
    """Each copy of a message with one value replaced by the canary, in a type that it cannot have."""
    if isinstance(value, dict):
        return [{**value, name: bad} for name, old in value.items() for bad in (*spoiled(old), [CANARY])]
    if isinstance(value, list):
        return [[*value[:n], bad, *value[n + 1 :]] for n in range(len(value)) for bad in spoiled(value[n])]
    return [{CANARY: CANARY}, CANARY + " é " + "x" * 400]


@pytest.mark.parametrize("path", [p for p in FILES if "full" in p.stem], ids=lambda path: path.stem)
def test_an_error_never_quotes_its_input(path: Path) -> None:
    wrong = [json.dumps(one) for one in spoiled(json.loads(path.read_text(encoding="utf-8")))]
    errors = [error for text in wrong if (error := refusal(MODELS[topic_of(path)], text))]
    assert len(errors) > 5
    for error in errors:
        assert "canary" not in fields_of(error)
        assert fields_of(error).isascii()
        assert len(fields_of(error)) < 60
        if "counts" not in str(error):  # pydantic names a map's key as the place of the error
            assert "canary" not in str(error)


def refusal(model: type[BaseModel], text: str) -> ValidationError | None:
    try:
        model.model_validate_json(text)
    except ValidationError as error:
        return error
    return None


def test_a_wrong_key_of_a_map_is_named_by_its_field_alone() -> None:
    golden = json.loads((GOLDEN / "contributions.anonymised.v1.full.json").read_text())
    with pytest.raises(ValidationError) as caught:
        MODELS[Topic.ANONYMISED].model_validate({**golden, "counts": {f"{CANARY} {CANARY}": 1}})
    assert fields_of(caught.value) == "shape:counts"


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b'"' + CANARY.encode(), b"[" * 100_000, b"null"])
def test_what_is_no_json_is_refused_without_quoting(raw: bytes) -> None:
    with pytest.raises(ValidationError) as caught:
        ContributionReceived.model_validate_json(raw)
    assert "canary" not in str(caught.value)
    assert fields_of(caught.value) in ("not_json", "shape:whole")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_ciphertext_stays_out_of_reprs(path: Path) -> None:
    event = MODELS[topic_of(path)].model_validate_json(path.read_bytes())
    assert "ciphertext of nobody" not in repr(event)
    assert "ciphertext of nobody" not in str(event)


@pytest.mark.parametrize("topic", Topic)
def test_events_are_frozen(topic: Topic) -> None:
    assert MODELS[topic].model_config["frozen"]
    assert all(
        one.model_config.get("frozen") and one.model_config.get("hide_input_in_errors")
        for one in models_in(MODELS[topic])
    )


def models_in(model: type[BaseModel]) -> set[type[BaseModel]]:
    found = {model}
    for field in model.model_fields.values():
        for one in inside(field.annotation):
            found |= models_in(one)
    return found


def inside(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {one for each in getattr(annotation, "__args__", ()) for one in inside(each)}
