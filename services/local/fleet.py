"""The processes of one installation: started with their own keys, restarted when they die, stopped in good order."""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.local import running
from services.local.leash import Leashed, spawn
from services.local.plan import KEYS_OF, SERVICES, Told, environment
from shared.vault.keyring import Keyring

RESTART_AFTER = 1.0
_OURS = ("HEARD_", *(f"{service.upper()}_" for service in SERVICES))


@dataclass(slots=True)
class Running:
    process: Leashed
    since: float
    restarts: int = 0


@dataclass
class Fleet:
    """Every service as a process. `say` gets one readable line a change."""

    told: Told
    keyring: Keyring
    say: Callable[[str, str], None]
    services: tuple[str, ...] = SERVICES
    processes: dict[str, Running] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def start(self) -> None:
        for service in self.services:
            self.start_one(service)
        threading.Thread(target=self._watch, name="fleet", daemon=True).start()

    def start_one(self, service: str) -> None:
        with self._lock:
            before = self.processes.get(service)
            process = self._spawn(service)
            restarts = before.restarts + 1 if before else 0
            self.processes[service] = Running(process, time.monotonic(), restarts)
            self.paused.discard(service)
        self.say(
            service, f"started (process {process.child_pid})" if not restarts else f"restarted, {restarts}"
        )
        self._note()

    def stop_one(self, service: str, *, kill: bool = False) -> None:
        """Stop a service and leave it stopped, until `start_one`."""
        with self._lock:
            self.paused.add(service)
            process = self.processes[service].process
        process.kill() if kill else process.terminate()
        process.wait(60)

    def kill(self, service: str) -> int:
        """SIGKILL; the watch starts it again after a second. Gives the process that died."""
        with self._lock:
            process = self.processes[service].process
            pid = process.child_pid
            process.kill()
        return pid

    def stop(self) -> None:
        """Intakes first, so that nothing new comes; the pager last, since it is the one that rings."""
        self._stopping.set()
        with self._lock:
            order = sorted(self.processes, key=lambda name: (name == "pager", not name.endswith("_intake")))
            for service in order:
                self.processes[service].process.terminate()
        for service in order:
            try:
                self.processes[service].process.wait(45)
            except Exception:
                self.processes[service].process.kill()
            self.say(service, "stopped")

    def _watch(self) -> None:
        last_rotation = time.monotonic()
        while not self._stopping.wait(0.2):
            with self._lock:
                dead = [
                    name
                    for name, one in self.processes.items()
                    if one.process.poll() is not None and name not in self.paused
                ]
            for service in dead:
                self.say(service, "ended; starting it again")
                if self._stopping.wait(RESTART_AFTER):
                    return
                self.start_one(service)
            if time.monotonic() - last_rotation > 3600:
                last_rotation = time.monotonic()
                self._rotate()

    def _rotate(self) -> None:
        """A new week has new keys: each process is started again with them, one after the other."""
        if not self.keyring.rotate(datetime.now(UTC)):
            return
        self.keyring.save()
        for service in self.services:
            if service not in self.paused:
                self.stop_one(service)
                self.start_one(service)

    def beside(self, service: str, instance: str, port: int) -> Leashed:
        """One more process of a service, with a health port of its own: whoever asks for it stops it as well."""
        return self._spawn(service, HEARD_INSTANCE=instance, HEARD_HEALTH_PORT=str(port))

    def _spawn(self, service: str, **more: str) -> Leashed:
        reading, writing = os.pipe()
        log = running.open_log(self.told.home.logs / f"{service}.log")
        try:
            bundle = self.keyring.bundle(KEYS_OF.get(service, service)).encode()
            if len(bundle) > 60_000:
                raise RuntimeError("the keys of one service no longer fit into a pipe")
            os.write(writing, bundle)
            os.close(writing)
            return spawn(
                [sys.executable, *command(service)],
                env={
                    **inherited(os.environ),
                    **environment(service, self.told),
                    **more,
                    "HEARD_KEYS_FD": str(reading),
                },
                pass_fds=(reading,),
                stdout=log,
                grace=40.0,
            )
        finally:
            os.close(reading)
            log.close()

    def _note(self) -> None:
        self.told.home.note(
            services={name: one.process.child_pid for name, one in self.processes.items()},
            ports=dict(self.told.ports),
            stage=self.told.stage.value,
        )


def command(service: str) -> list[str]:
    return ["-m", "services.cli", "run", service]


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """What of our own environment the processes may see: nothing of Heard's, since they are told that anew."""
    return {name: value for name, value in environment.items() if not name.startswith(_OURS)}
