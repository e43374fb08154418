"""The measured servers: how to start them, connect to them and publish through them."""

import json
import socket
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from benchmarks.load_clients import Handshake
from benchmarks.machine import BenchmarkError, pinned
from benchmarks.publishers import ProcessPublisher, Publisher, SocketPublisher
from benchmarks.websocket_frames import frame, upgrade
from tests.support.databases import PostgreSQLMaker, manage
from tests.support.kinds import a_redis_url, neutral_environment, postgresql_url
from tests.support.processes import Process, StartError, free_port
from tools.paths import ROOT

_PORT_TRIES = 5
_LAST_LINES = 20


@dataclass(frozen=True, slots=True)
class Contender:
    """A server. `command` receives a port; `handshakes` the number of clients."""

    name: str
    command: Callable[[int], Sequence[str]]
    environment: Mapping[str, str]
    publishes: Literal["bellwire", "channels", "socket"]
    handshakes: Callable[[int], Sequence[Handshake]]


@dataclass(slots=True)
class Running:
    """A started server, alone on its core."""

    port: int
    process: Process
    contender: Contender
    folder: Path

    async def publisher(self) -> Publisher:
        """Return a publisher for it."""
        kind = self.contender.publishes
        if kind == "socket":
            return await SocketPublisher.start(self.port)
        log = self.folder / "publisher.log"
        return await ProcessPublisher.start(kind, environment=self.contender.environment, log=log)


@contextmanager
def running(contender: Contender, *, core: int, folder: Path) -> Iterator[Running]:
    """Run the server, pinned to its core, until the end of the block. Raises `StartError`."""
    with pinned(core):
        port, process = _start(contender, folder)
    try:
        yield Running(port, process, contender, folder)
    except BenchmarkError as error:
        last_lines = "\n".join(process.log().splitlines()[-_LAST_LINES:])
        raise BenchmarkError(f"{error}\nThe server's last words:\n{last_lines}") from error
    finally:
        process.stop()


def _start(contender: Contender, folder: Path) -> tuple[int, Process]:
    for _ in range(_PORT_TRIES - 1):
        port = free_port()
        try:
            return port, _start_on(port, contender, folder)
        except StartError as error:
            if "in use" not in str(error):
                raise
    port = free_port()
    return port, _start_on(port, contender, folder)


def _start_on(port: int, contender: Contender, folder: Path) -> Process:
    process = Process(
        [sys.executable, *contender.command(port)],
        log=folder / f"{uuid.uuid4().hex[:8]}.log",
        env={**contender.environment, "PORT": str(port), "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )
    process.wait_until(lambda: _listens(port))
    return process


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


# --- other servers -------------------------------------------------------------------------------


def _plain(count: int) -> list[Handshake]:
    return [Handshake(upgrade("/ws", {}))] * count


def bare() -> Contender:
    """A loop that writes a prebuilt frame to each transport."""
    return Contender(
        name="bare uvloop write loop",
        command=lambda port: ["-m", "benchmarks.servers.bare", str(port)],
        environment=neutral_environment(),
        publishes="socket",
        handshakes=_plain,
    )


def textbook(program: Literal["daphne", "uvicorn"], redis_url: str) -> Contender:
    """The consumer of Channels' tutorial; without Redis its layer is in memory."""
    application = "benchmarks.servers.textbook:application"
    commands = {
        "daphne": ["-m", "daphne", "-v", "0", "-b", "127.0.0.1"],
        "uvicorn": ["-m", "uvicorn", "--log-level", "warning", "--lifespan", "off"],
    }
    redis = {"REDIS_URL": redis_url} if redis_url else {}
    return Contender(
        name=f"textbook, {program}, {'Redis' if redis_url else 'in memory'}",
        command=lambda port: [
            *commands[program],
            *(["-p"] if program == "daphne" else ["--port"]),
            str(port),
            application,
        ],
        environment={**neutral_environment(), **redis},
        publishes="channels" if redis_url else "socket",
        handshakes=_plain,
    )


# --- Bellwire ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Installation:
    """A Bellwire for this run: PostgreSQL, migrated, Redis, and users with tokens."""

    environment: Mapping[str, str]
    redis_url: str
    tokens: Sequence[str] = field(repr=False)

    @classmethod
    def make(cls, ends: ExitStack, *, folder: Path, users: int) -> "Installation":
        """Raises `MissingPartError`."""
        databases = PostgreSQLMaker(postgresql_url(ends, folder))
        redis_url = a_redis_url(ends, folder)
        database_url = databases.create()
        ends.callback(databases.drop, database_url)
        environment = {
            **neutral_environment(),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": uuid.uuid4().hex * 2,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "BELLWIRE_REDIS_PREFIX": f"bench-{uuid.uuid4().hex[:12]}",
            "BELLWIRE_THROTTLES": "off",
        }
        manage("migrate", "--verbosity=0", env=environment)
        names = [f"u{number}" for number in range(users)]
        tokens = manage("issue_token", *names, "--create", "--minutes", "120", env=environment)
        return cls(environment, redis_url, tokens.split())

    def bellwire(self) -> Contender:
        """`manage.py serve`, by the endpoint that the portal uses."""
        return Contender(
            name="Bellwire",
            command=lambda _: ["manage.py", "serve"],
            environment=self.environment,
            publishes="bellwire",
            handshakes=self._visitors,
        )

    def _visitors(self, count: int) -> list[Handshake]:
        # The handshake subscribes them to their own topic and to `broadcast`. The pong follows
        # everything else that is sent at the start.
        ping = frame(json.dumps({"type": "ping"}).encode(), masked=True)
        return [
            Handshake(
                upgrade("/api/v1/notifications/ws", {"Authorization": f"Bearer {token}"}),
                opening=ping,
                ready=b'"type":"pong"',
            )
            for token in self.tokens[:count]
        ]
