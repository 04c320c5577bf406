"""The embedded servers keep what they acknowledged, whatever becomes of them or of whoever started them."""

import stat
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.local.home import Home
from services.local.kafka import Kafka
from services.local.learn import learn
from services.local.postgres import Postgres
from services.local.servers import kafka_status, servers, start_kafka, stop_kafka
from services.local.trouble import CannotHave

pytestmark = pytest.mark.connected


async def make_topic(kafka: Kafka, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def publish(kafka: Kafka, topic: str, *values: bytes) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap, acks="all", enable_idempotence=True, request_timeout_ms=3000
    ) as producer:
        for value in values:
            await producer.send_and_wait(topic, value)


async def everything(kafka: Kafka, topic: str, count: int) -> list[bytes]:
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        return [(await consumer.getone()).value for _ in range(count)]


async def test_a_record_arrives(kafka: Kafka) -> None:
    await make_topic(kafka, "arrives")
    await publish(kafka, "arrives", b"hello")
    assert await everything(kafka, "arrives", 1) == [b"hello"]


def test_java_starts_with_what_it_learned_of_kafkas_classes(kafka: Kafka) -> None:
    assert (file := learn()), "it could not be made here"
    known = Kafka(kafka.folder.with_name("knows"))
    try:
        known.start()
        assert str(file) in Path(f"/proc/{known.pid}/maps").read_text()
    finally:
        known.stop()


@pytest.mark.parametrize("content", [b"", b"of another Java, or cut off"])
def test_java_starts_without_what_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (file := tmp_path / "learned.aot").write_bytes(content)
    monkeypatch.setattr("services.local.kafka.learned", lambda: file)
    kafka = Kafka(tmp_path / "kafka")
    try:
        kafka.start()
        assert "[error]" not in kafka.log.read_text()
    finally:
        kafka.stop()


async def test_a_topic_is_never_made_on_first_use(kafka: Kafka) -> None:
    with pytest.raises(Exception, match=r"(?i)topic"):
        await publish(kafka, "never-made", b"hello")


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_kafka_keeps_what_it_acknowledged(tmp_path: Path, end: str) -> None:
    kafka = Kafka(tmp_path / "kafka")
    kafka.start()
    try:
        address = kafka.bootstrap
        await make_topic(kafka, "kept")
        await publish(kafka, "kept", b"one", b"two")
        getattr(kafka, end)()
        assert kafka.pid is None
        kafka.start()
        assert kafka.bootstrap == address
        assert await everything(kafka, "kept", 2) == [b"one", b"two"]
    finally:
        kafka.stop()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_postgres_keeps_what_was_committed(tmp_path: Path, end: str) -> None:
    postgres = Postgres(tmp_path / "postgres")
    postgres.start()
    try:
        with psycopg.connect(postgres.uri()) as connection:
            connection.execute("CREATE TABLE kept (word text)")
            connection.execute("INSERT INTO kept VALUES ('hello')")
        getattr(postgres, end)()
        assert postgres.pid is None
        postgres.start()
        with psycopg.connect(postgres.uri()) as connection:
            assert connection.execute("SELECT word FROM kept").fetchall() == [("hello",)]
    finally:
        postgres.stop()


def test_nobody_else_may_enter_the_sockets_folder(postgres: Postgres) -> None:
    assert stat.S_IMODE(postgres.socket_folder.stat().st_mode) == 0o700
    assert not psutil.Process(postgres.pid).net_connections("inet")


def test_a_role_needs_its_password(postgres: Postgres) -> None:
    with psycopg.connect(postgres.uri()) as connection:
        connection.execute("CREATE ROLE triage LOGIN PASSWORD 'pass/word@:?'")
    with psycopg.connect(postgres.uri("triage", "pass/word@:?")) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("triage",)
    for wrong in (None, "another"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(postgres.uri("triage", wrong))


def test_words_stay_out_of_the_servers_log(postgres: Postgres) -> None:
    with psycopg.connect(postgres.uri(), autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE said (word text PRIMARY KEY)")
        connection.execute("INSERT INTO said VALUES ('a secret word')")
        with pytest.raises(psycopg.errors.UniqueViolation, match="secret"):
            connection.execute("INSERT INTO said VALUES ('a secret word')")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation, match="secret"):
            connection.execute("SELECT 'another secret'::int")
    assert "ready to accept connections" in postgres.log.read_text()
    assert "secret" not in postgres.log.read_text()


def test_a_folder_with_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path / ("long" * 30) / "postgres")
    postgres.start()
    try:
        first = postgres.socket_folder
        assert stat.S_IMODE(first.stat().st_mode) == 0o700
        postgres.stop()
        postgres.start()
        assert postgres.socket_folder == first
        psycopg.connect(postgres.uri()).close()
    finally:
        postgres.stop()
        first.rmdir()


PARENT = """
import sys, time
from pathlib import Path
from services.local.home import Home
from services.local.servers import servers
with servers(Home(Path(sys.argv[1]))):
    print("ready", flush=True)
    time.sleep(600)
"""


def test_nothing_outlives_whoever_started_it_and_it_starts_again(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(home.path)], stdout=subprocess.PIPE)
    assert parent.stdout
    assert parent.stdout.readline() == b"ready\n"
    status = home.status()
    family = psutil.Process(parent.pid).children(recursive=True)
    assert {status["kafka_pid"], status["postgres_pid"]} <= {one.pid for one in family}
    with pytest.raises(CannotHave, match=rf"already runs on .*home \(process {parent.pid}\)"), servers(home):
        pass
    assert "belongs to the Heard" in stop_kafka(home)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    with servers(home) as again:  # at once: it waits for those that are still ending
        assert again.bootstrap == status["bootstrap"]
        assert not [one for one in family if alive(one)]
    assert not home.is_running()
    assert home.status() == {}


def alive(one: psutil.Process) -> bool:
    try:
        return bool(one.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


IN_THE_BACKGROUND = """
import sys
from pathlib import Path
from services.local.home import Home
from services.local.servers import start_kafka
print(start_kafka(Home(Path(sys.argv[1]))))
"""


def test_kafka_alone_goes_on_in_the_background(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    command = [sys.executable, "-c", IN_THE_BACKGROUND, str(home.path)]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
        assert "until `heard kafka stop`" in said
        assert "in the background" in kafka_status(home)
        assert "and answers" in start_kafka(home)
    finally:
        assert stop_kafka(home).startswith("Kafka has stopped")
    assert "does not run" in kafka_status(home)
