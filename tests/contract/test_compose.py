"""docker-compose.yml against the code: the same services, topics' copies, settings and keys; hardened, and no secret in it."""

import importlib
import re
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from services.keys import NOT_YET
from services.local.cluster import TOGETHER
from services.local.kafka import PROPERTIES
from services.local.plan import INTAKES, KEYS_OF, NO_DATABASE, SERVICES, WITH_OBJECTS, WITH_OUTBOX
from services.local.postgres import SETTINGS as POSTGRES
from services.prepare import Settings as Prepare
from services.reader.adapters.tasks import KINDS
from shared.contracts.topics import plans
from shared.settings import CommonSettings
from shared.storage.rights import ARCHIVE, BUCKETS, INCOMING, who_is
from shared.vault.purposes import OPENS, SECRETS
from tests.support.compose import (
    BROKERS,
    FILE,
    SERVERS,
    TOLD,
    composed,
    config,
    environment,
    properties,
    service,
)
from tests.support.image import stages

OURS = (*SERVICES, "prepare")
EVERY = (*SERVERS, *OURS)
every = pytest.mark.parametrize("name", EVERY)
ours = pytest.mark.parametrize("name", OURS)


# The file.


def test_compose_reads_it() -> None:
    done = config(None, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("    mem_limit: 1g\n", "    mem_limt: 1g\n"),
        ("\nnetworks:\n", "\nnetwork:\n"),
        ("condition: service_healthy", "condition: service_well"),
        ("networks: [inner, staff, partners]", "networks: [inner, staff, partner]"),
        ("volumes: [\"pager:/var/lib/heard/state\"]", "volumes: [\"pagr:/var/lib/heard/state\"]"),
        ("secrets: [postgres-password]", "secrets: [postgres-passwd]"),
    ],
)  # fmt: skip
def test_what_compose_does_not_know_is_refused(right: str, wrong: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert right in text
    assert config(text.replace(right, wrong, 1), "--quiet").returncode != 0


@pytest.mark.parametrize("missing", TOLD)
def test_it_starts_nothing_before_it_is_told_what_it_must_know(missing: str) -> None:
    done = config(None, "--quiet", told={name: value for name, value in TOLD.items() if name != missing})
    assert done.returncode != 0
    assert missing in done.stderr


# The same as the code.


def test_it_runs_every_service_and_the_servers_and_nothing_else() -> None:
    assert set(composed()["services"]) == set(EVERY)


@ours
def test_a_container_runs_what_it_is_named_for(name: str) -> None:
    assert service(name)["command"] == ([name] if name == "prepare" else ["run", name])
    assert service(name)["image"] == service("triage")["image"], "one image"


def settings_of(name: str) -> type[BaseSettings]:
    if name == "prepare":
        return Prepare
    found: type[BaseSettings] = importlib.import_module(f"services.{name}.settings").Settings
    return found


NOT_A_SETTING = {"HEARD_KEYS_FILE"}


@ours
def test_a_container_is_told_only_settings_that_its_service_has(name: str) -> None:
    known = {
        f"{model.model_config['env_prefix']}{field}".upper()
        for model in (CommonSettings, settings_of(name))
        for field in model.model_fields
    }
    assert set(environment(name)) <= known | NOT_A_SETTING


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_its_services_settings_and_they_are_enough(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [one["path"].endswith(f"deploy/env/{name}.env") for one in _env_files(name)] == [True]
    for variable, value in environment(name).items():
        monkeypatch.setenv(variable, value)
    settings = CommonSettings()
    settings_of(name)()
    assert settings.kafka == tuple(f"{broker}:9092" for broker in BROKERS)
    assert (settings.database is None) == (name in NO_DATABASE)
    assert (settings.objects is None) == (name not in WITH_OBJECTS)
    if settings.objects:
        assert settings.objects == f"s3://{INCOMING}"


def _env_files(name: str) -> list[dict[str, Any]]:
    """Compose has put them into the environment by now: what the text says of them."""
    (found,) = re.findall(
        rf"\n  {name}:\n(?:    .*\n)*?    env_file: \[(.*)\]\n", FILE.read_text(encoding="utf-8")
    )
    return [{"path": path.strip()} for path in found.split(",")]


def test_who_asks_whom_is_who_there_is() -> None:
    def asked(name: str, variable: str) -> dict[str, str]:
        pairs = (pair.partition("=") for pair in environment(name)[variable].split(","))
        return {one: url for one, _, url in pairs}

    def at(names: tuple[str, ...]) -> dict[str, str]:
        return {name: f"http://{name}:{environment(name)['HEARD_HEALTH_PORT']}" for name in names}

    assert asked("pager", "PAGER_INTAKES") == asked("ledger", "LEDGER_INTAKES") == at(INTAKES)
    assert asked("ledger", "LEDGER_SERVICES") == at(WITH_OUTBOX)
    assert asked("console", "CONSOLE_SERVICES") == at(tuple(name for name in SERVICES if name != "console"))
    for who in ("pager", "ledger", "console"):
        for url in re.findall(r"http://(\w+):", " ".join(environment(who).values())):
            assert networks(who) & networks(url) or url == "objects", f"{who} cannot reach {url}"


@pytest.mark.parametrize("broker", BROKERS)
def test_the_brokers_keep_every_topic_as_the_contracts_say(broker: str) -> None:
    here = properties(broker)
    assert (
        int(here["default.replication.factor"])
        == len(BROKERS)
        == int(environment("prepare")["PREPARE_BROKERS"])
    )
    assert {plan.settings(len(BROKERS))["min.insync.replicas"] for plan in plans()} == {
        here["min.insync.replicas"]
    }
    assert here["auto.create.topics.enable"] == "false"


@pytest.mark.parametrize("broker", BROKERS)
def test_the_brokers_are_set_as_those_that_the_tests_run_on(broker: str) -> None:
    text = PROPERTIES.replace("{copies}", "3").replace("{insync}", "2") + TOGETHER
    tried = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    differ = {name for name in tried if "{" in tried[name]} | {"controller.quorum.bootstrap.servers"}
    here = properties(broker)
    assert {name: here.get(name) for name in tried.keys() - differ} == {
        n: tried[n] for n in tried.keys() - differ
    }
    assert set(here) - set(tried) == {"controller.quorum.voters", "listener.security.protocol.map"}


def test_the_brokers_are_one_cluster_and_the_version_is_the_one_that_the_tests_run_on() -> None:
    assert len({environment(broker)["CLUSTER_ID"] for broker in BROKERS}) == 1
    assert [environment(broker)["KAFKA_NODE_ID"] for broker in BROKERS] == ["1", "2", "3"]
    jars = (FILE.parent / "deploy/kafka/jars.txt").read_text(encoding="utf-8")
    (version,) = set(re.findall(r"org\.apache\.kafka:kafka_2\.13:(\d\S*?)[:\s]", jars))
    assert {service(broker)["image"] for broker in BROKERS} == {f"apache/kafka:{version}"}


def test_postgresql_logs_nobodys_words() -> None:
    told = dict(word.removeprefix("-c").split("=", 1) for word in service("postgres")["command"][1:])
    quiet = {name: value for name, value in POSTGRES.items() if name.startswith("log_")}
    assert {name: told[name] for name in quiet} == quiet
    assert told["max_connections"] == POSTGRES["max_connections"]


def test_the_buckets_are_the_codes() -> None:
    assert environment("prepare")["PREPARE_BUCKETS"].split(",") == list(BUCKETS)
    assert environment("archive")["ARCHIVE_OBJECTS"] == f"s3://{ARCHIVE}"


# Keys and secrets.


@ours
def test_a_container_gets_its_own_keys_and_nobody_elses(name: str) -> None:
    wanted = {"keys": KEYS_OF.get(name, name)}
    if name in WITH_OBJECTS:
        wanted["objects"] = f"objects-{who_is(name)}"
    if name == "prepare":
        wanted["objects"] = "objects-owner"
    assert {one["target"]: one["source"] for one in service(name)["secrets"]} == wanted
    assert environment(name)["HEARD_KEYS_FILE"] == "/run/secrets/keys"
    assert environment(name).get("HEARD_S3_CREDENTIALS") == (
        "/run/secrets/objects" if "objects" in wanted else None
    )


def test_every_secret_is_a_file_that_the_export_writes_and_somebody_needs() -> None:
    for name, secret in composed()["secrets"].items():
        assert set(secret) == {"name", "file"}
        assert secret["file"] in {f"{TOLD['HEARD_SECRETS']}/{name}{ending}" for ending in ("", ".json")}
    needed = {one["source"] for name in EVERY for one in service(name).get("secrets", [])}
    assert set(composed()["secrets"]) == needed
    assert needed >= {row for row in SECRETS if row not in NOT_YET}


@every
def test_no_secret_stands_in_the_file(name: str) -> None:
    for variable, value in environment(name).items():
        if re.search("PASSWORD|SECRET|TOKEN|PASSPHRASE|CREDENTIAL|KEYS", variable):
            assert value.startswith("/run/secrets/"), variable
        assert not re.search(r"//[^/]*:[^/@]*@", value), f"{variable} has a password in an address"


def test_the_edge_gets_no_keys_that_open() -> None:
    for intake in INTAKES:
        assert not OPENS[intake]
        assert {one["source"] for one in service(intake)["secrets"]} <= {intake, "objects-edge"}


# Who reaches whom.


def networks(name: str) -> set[str]:
    return set(service(name)["networks"])


def test_the_edge_reaches_the_brokers_and_of_what_can_open_nothing() -> None:
    for intake in INTAKES:
        others = {name for name in EVERY if name != intake and networks(name) & networks(intake)}
        allowed = {*BROKERS, *INTAKES, "pager", "ledger", "console"}
        if intake in WITH_OBJECTS:
            allowed.add("objects")
        if intake not in NO_DATABASE:
            allowed.add("postgres")
        assert others <= allowed, f"{intake} reaches {others - allowed}"


@pytest.mark.parametrize("name", ["triage", "anonymiser", "archive", "prepare"])
def test_what_opens_words_has_no_way_out(name: str) -> None:
    assert all(composed()["networks"][network].get("internal") for network in networks(name))


def test_whoever_needs_a_server_reaches_it() -> None:
    for name in OURS:
        for broker in BROKERS:
            assert networks(name) & networks(broker), name
        if "HEARD_DATABASE" in environment(name):
            assert networks(name) & networks("postgres"), name
        if "HEARD_S3_ENDPOINT" in environment(name):
            assert networks(name) & networks("objects"), name
    for name in ("reader", "pager", "replies", "ledger"):  # ask the provider
        assert any(not composed()["networks"][network].get("internal") for network in networks(name)), name


def test_only_doors_are_published_and_only_on_loopback() -> None:
    doors = {
        "sms_intake": "SMS_INTAKE_PORT", "email_intake": "EMAIL_INTAKE_PORT", "voice_intake": "VOICE_INTAKE_PORT",
        "art_intake": "ART_INTAKE_PORT", "console": "CONSOLE_PORT",
    }  # fmt: skip
    assert {name for name in EVERY if service(name).get("ports")} == set(doors)
    published = []
    for name, variable in doors.items():
        (port,) = service(name)["ports"]
        assert port["host_ip"] == "127.0.0.1"
        assert str(port["target"]) == port["published"] == environment(name)[variable]
        published.append(port["published"])
    assert len(set(published)) == len(published)


# What each container may do.


@every
def test_a_container_may_do_no_more_than_it_must(name: str) -> None:
    one = service(name)
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc", "extra_hosts"} & set(one)
    account, _, group = one["user"].partition(":")
    assert int(account) > 0
    assert int(group) > 0
    assert int(one["mem_limit"]) == int(one["memswap_limit"]), "no words on the host's swap"
    assert one["pids_limit"] <= 512
    assert one["logging"]["options"]["max-size"]
    assert not [volume for volume in one.get("volumes", []) if volume["type"] != "volume"], (
        "nothing of the host"
    )


@every
def test_a_container_is_looked_after(name: str) -> None:
    one = service(name)
    if name == "prepare":
        assert one["restart"] == "on-failure:3"
        assert one["healthcheck"] == {"disable": True}
        return
    assert one["restart"] == "unless-stopped"
    assert one["healthcheck"]["test"][0] == "CMD"
    assert one.get("stop_grace_period", "0s") in ("45s", "1m0s") or one.get("stop_signal") == "SIGKILL"


def test_the_health_check_is_the_images_and_asks_the_health_port() -> None:
    last = stages()[-1]
    _, _, told = last.last("HEALTHCHECK").partition("CMD ")
    for name in SERVICES:
        assert ["CMD", *_listed(told)] == service(name)["healthcheck"]["test"]
        assert environment(name)["HEARD_HEALTH_PORT"] == last.environment["HEARD_HEALTH_PORT"]
        assert environment(name)["HEARD_STATE"] == last.environment["HEARD_STATE"]
        assert service(name)["user"] == last.last("USER")


def _listed(text: str) -> list[str]:
    import json

    return [str(one) for one in json.loads(text)]


def test_an_intake_waits_for_nobody_and_everybody_else_for_what_is_prepared() -> None:
    for name in SERVICES:
        waits = {other: how["condition"] for other, how in service(name).get("depends_on", {}).items()}
        assert waits == ({} if name in INTAKES else {"prepare": "service_completed_successfully"}), name
    waits = {other: how["condition"] for other, how in service("prepare")["depends_on"].items()}
    assert waits == dict.fromkeys(SERVERS, "service_healthy")


@pytest.mark.parametrize("name", [*SERVICES, *SERVERS])
def test_what_a_container_keeps_outlives_it(name: str) -> None:
    """The spool of an intake, what the pager knows by itself, which record was in hand; and what servers keep."""
    (volume,) = service(name)["volumes"]
    assert volume["source"] == name
    where = environment(name)["HEARD_STATE"] if name in SERVICES else None
    assert volume["target"] == (
        where or {"postgres": "/var/lib/postgresql", "objects": "/data"}.get(name, volume["target"])
    )
    assert name in composed()["volumes"]
    if name in BROKERS:
        assert volume["target"] == properties(name)["log.dirs"]


def test_a_child_of_the_reader_meets_its_own_limit_before_the_containers() -> None:
    children = sum(kind.memory * kind.at_once for kind in KINDS.values())
    assert int(service("reader")["mem_limit"]) >= children + 256 * 1024 * 1024


@every
def test_what_is_written_is_a_volume_or_memory(name: str) -> None:
    assert any(one.startswith("/tmp") for one in service(name)["tmpfs"])
    if name in OURS:
        (one,) = service(name)["tmpfs"]
        assert {"noexec", "nosuid", "nodev", "size=64m"} <= set(one.partition(":")[2].split(","))


def test_every_image_is_named_by_an_exact_version() -> None:
    for name in EVERY:
        assert re.fullmatch(r"[a-z/]+:\d+\.\d[\w.-]*(@sha256:[0-9a-f]{64})?", service(name)["image"]), name
        if name in OURS:
            assert service(name)["pull_policy"] == "never"
    assert [name for name in EVERY if "build" in service(name)] == ["prepare"]
