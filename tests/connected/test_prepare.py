"""The servers of docker-compose.yml, run here with its own settings, and `heard prepare` on them, twice."""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from botocore.exceptions import ClientError

from services.local import running
from services.local.kafka import Kafka, count_brokers
from services.local.leash import spawn
from services.local.objects import weed
from services.local.ports import PORTS
from services.local.postgres import Postgres
from shared.contracts.topics import plans
from shared.database import role_uri
from shared.database.setup import SCHEMAS
from shared.messaging.creation import settings_of
from shared.storage.rights import ARCHIVE, BUCKETS, INCOMING
from shared.storage.s3_client import Bucket, Credentials, client_for
from shared.vault import KeyBundle
from tests.support.compose import BROKERS, Broker, environment, properties, service
from tests.support.local import until
from tests.support.tree import ROOT

pytestmark = [pytest.mark.connected, pytest.mark.timeout(420)]

DENIED = "AccessDenied"
ROLE = "owner"
"""PostgreSQL's first role has no password here (only its own account reaches the socket), so another makes the roles."""


@dataclass(frozen=True)
class Installation:
    """`addresses`: what stands here for `kafka-1:9092` and the other addresses of the compose file."""

    folder: Path
    addresses: Mapping[str, str]
    database: str

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def bootstrap(self) -> list[str]:
        return [self.addresses[f"{name}:9092"] for name in BROKERS]

    def heard(self, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        ours = {
            name: value for name, value in os.environ.items() if not name.startswith(("HEARD_", "PREPARE_"))
        }
        return subprocess.run(
            [sys.executable, "-m", "services.cli", *words],
            cwd=ROOT, env={**ours, **more}, capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    def prepare(self, **more: str) -> "subprocess.CompletedProcess[str]":
        """As its container would be told, with the addresses of this machine."""
        told = environment("prepare")
        for variable in ("HEARD_KAFKA", "HEARD_S3_ENDPOINT"):
            for theirs, here in self.addresses.items():
                told[variable] = told[variable].replace(theirs, here)
        mounted = {f"/run/secrets/{one['target']}": one["source"] for one in service("prepare")["secrets"]}
        for variable in ("HEARD_KEYS_FILE", "HEARD_S3_CREDENTIALS"):
            told[variable] = str(self.secrets / f"{mounted[told[variable]]}.json")
        told |= {"HEARD_DATABASE": self.database, "PREPARE_ROLE": ROLE, **more}
        return self.heard("prepare", **told)

    def s3(self, who: str) -> Bucket:
        credentials = Credentials.read(self.secrets / f"objects-{who}.json")
        return Bucket(INCOMING, "", f"http://{self.addresses['objects:8333']}", credentials=credentials)


def free_ports(count: int) -> list[int]:
    return [port for port in random.sample(PORTS, 400) if running.is_free(port)][:count]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("installation")
    names = [f"{name}:{port}" for name in BROKERS for port in (9092, 9093)] + ["objects:8333"]
    addresses = {name: f"127.0.0.1:{port}" for name, port in zip(names, free_ports(len(names)), strict=True)}
    with ExitStack() as stack:
        brokers = [Broker(folder / name, name, addresses) for name in BROKERS]
        for broker in brokers:
            stack.callback(broker.kill)  # what they keep is thrown away
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(Kafka.launch, brokers))
        tables = Postgres(folder / "postgres")
        stack.callback(tables.stop)
        tables.start()
        made = Installation(folder, addresses, tables.uri())
        (folder / "passphrase").write_text("only for tests")
        done = made.heard(
            "keys", "export", str(made.secrets), "--keyring", str(folder / "keyring.json"),
            HEARD_PASSPHRASE_FILE=str(folder / "passphrase"),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        with psycopg.connect(tables.uri(), autocommit=True) as connection:
            password = (made.secrets / "postgres-password").read_text()
            connection.execute(f"create role {ROLE} superuser login password '{password}'")
        objects = spawn(_weed(made), stdout=(folder / "objects.log").open("wb"), cwd=folder, grace=1)
        stack.callback(objects.kill)
        yield made


def _weed(made: Installation) -> list[str]:
    """The S3 server's own words from the compose file, with folder, port and file of this machine."""
    told = service("objects")
    assert told["entrypoint"] == ["/usr/bin/weed"]
    data = made.folder / "objects"
    data.mkdir()
    ports = iter(free_ports(9))
    port = made.addresses["objects:8333"].rpartition(":")[2]
    own = {
        "-dir=/data": f"-dir={data}",
        "-s3.port=8333": f"-s3.port={port}",
        "-s3.config=/run/secrets/objects-identities": f"-s3.config={made.secrets / 'objects-identities.json'}",
    }
    assert set(own) <= set(told["command"])
    words = [own.get(word, word) for word in told["command"]]
    others = [f"-{name}.port={next(ports)}" for name in ("master", "volume", "filer")]
    return [
        weed(),
        *words,
        *others,
        *(f"-{n}.port.grpc={next(ports)}" for n in ("master", "volume", "filer", "s3")),
    ]


@pytest.fixture(scope="module")
def prepared(installation: Installation) -> "subprocess.CompletedProcess[str]":
    return installation.prepare()


def test_fewer_brokers_than_there_must_be_create_nothing(installation: Installation) -> None:
    done = installation.prepare(PREPARE_BROKERS="4", PREPARE_WITHIN="3")
    assert (done.returncode, "Not all of the 4 brokers" in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr
    until(
        lambda: count_brokers(",".join(installation.bootstrap)) == 3,
        90,
        "the three brokers of the file are up",
    )

    async def topics() -> set[str]:
        admin = AIOKafkaAdminClient(bootstrap_servers=installation.bootstrap)
        await admin.start()
        try:
            return set(await admin.list_topics())
        finally:
            await admin.close()

    assert not asyncio.run(topics()) & {plan.name for plan in plans()}


def test_topics_are_made_as_the_contracts_say_with_three_copies(
    installation: Installation, prepared: "subprocess.CompletedProcess[str]"
) -> None:
    assert prepared.returncode == 0, prepared.stderr
    assert f"{len(plans())} topics were created" in prepared.stdout
    found = asyncio.run(settings_of(installation.bootstrap, [plan.name for plan in plans()]))
    for plan in plans():
        wanted = {**plan.settings(3), "partitions": str(plan.partitions), "replication": "3"}
        assert {name: found[plan.name][name] for name in wanted} == wanted, plan.name
        assert wanted["min.insync.replicas"] == "2"


def test_the_brokers_took_the_settings_of_the_file(
    installation: Installation, prepared: "subprocess.CompletedProcess[str]"
) -> None:
    async def told() -> dict[str, str]:
        admin = AIOKafkaAdminClient(bootstrap_servers=installation.bootstrap)
        await admin.start()
        try:
            answers: list[Any] = await admin.describe_configs(
                [ConfigResource(ConfigResourceType.BROKER, "1")]
            )
            return {entry[0]: entry[1] for entry in answers[0].resources[0][4]}
        finally:
            await admin.close()

    found = asyncio.run(told())
    moved = {"advertised.listeners", "controller.quorum.voters", "listeners", "log.dirs"}
    wanted = {name: value for name, value in properties("kafka-1").items() if name not in moved}
    assert {name: found[name] for name in wanted} == wanted


def test_each_role_enters_with_the_password_of_its_own_keys_and_no_other(
    installation: Installation, prepared: "subprocess.CompletedProcess[str]"
) -> None:
    for role in SCHEMAS:
        if not (path := installation.secrets / f"{role}.json").exists():
            continue  # nobody signs in at the console yet
        keys = KeyBundle.parse(path.read_text())
        with psycopg.connect(
            role_uri(installation.database, role, keys.text(f"database_{role}"))
        ) as connection:
            assert connection.execute("select current_user").fetchone() == (role,)
        other = "pager" if role != "pager" else "ledger"
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(role_uri(installation.database, other, keys.text(f"database_{role}")))


def test_the_buckets_keep_versions_and_the_edge_reads_none_of_what_it_puts(
    installation: Installation, prepared: "subprocess.CompletedProcess[str]"
) -> None:
    owner, edge, archive = (client_for(installation.s3(who)) for who in ("owner", "edge", "archive"))
    for name in BUCKETS:
        assert owner.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    edge.put_object(Bucket=INCOMING, Key="sealed", Body=b"sealed")
    for bucket, key in ((INCOMING, "sealed"), (ARCHIVE, "anything")):
        with pytest.raises(ClientError, match=DENIED):
            edge.get_object(Bucket=bucket, Key=key)
    with pytest.raises(ClientError, match=DENIED):
        edge.put_object(Bucket=ARCHIVE, Key="sealed", Body=b"sealed")
    assert archive.get_object(Bucket=INCOMING, Key="sealed")["Body"].read() == b"sealed"


def test_the_objects_health_check_passes_while_it_runs(
    installation: Installation, prepared: "subprocess.CompletedProcess[str]"
) -> None:
    import httpx

    *_, url = service("objects")["healthcheck"]["test"]
    here = url.replace("127.0.0.1:8333", installation.addresses["objects:8333"])
    assert httpx.get(here, timeout=10).status_code == 200


def test_a_second_time_changes_nothing(
    installation: Installation, prepared: "subprocess.CompletedProcess[str]"
) -> None:
    again = installation.prepare()
    assert again.returncode == 0, again.stderr
    assert "every topic is there" in again.stdout
    shown = prepared.stdout + prepared.stderr + again.stdout + again.stderr
    for path in installation.secrets.iterdir():
        for secret in _secrets_in(path):
            assert secret not in shown, path.name


def _secrets_in(path: Path) -> list[str]:
    text = path.read_text()
    if path.suffix != ".json":
        return [text]
    read = json.loads(text)
    held = read.get("secrets", {}).values()
    return [*held, *(value for name, value in read.items() if name == "secret_key")]


def test_a_wrong_password_is_said_without_it(installation: Installation) -> None:
    keys = json.loads((installation.secrets / "prepare.json").read_text())
    keys["secrets"]["database_admin"] = "d3Jvbmctd29yZA=="
    wrong = installation.folder / "wrong.json"
    wrong.write_text(json.dumps(keys))
    done = installation.prepare(HEARD_KEYS_FILE=str(wrong), PREPARE_WITHIN="1")
    assert done.returncode == 1
    assert "does not let owner in" in done.stderr
    assert "wrong-word" not in done.stderr
    assert "Traceback" not in done.stderr
