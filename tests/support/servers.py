"""Real server processes: what a test that speaks over the network talks to.

A `Deployment` is one database, one prefix on one Redis, and any number of `Server` processes on
them. `tests/conftest.py` has the fixtures `deployment` and `deployments`.
"""

import http.client
import os
import sys
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from tests.support.databases import DatabaseMaker, manage
from tests.support.forks import fork_server
from tests.support.processes import (
    START_S,
    Process,
    StartError,
    free_port,
)
from tools.paths import ROOT

Program = Literal["uvicorn", "daphne"]
# A port that is taken between being found and being used: another is tried.
TRIES = 5
HOST = "127.0.0.1"
# By so many seconds an instance's clock is ahead of the others': tests/support/shifted_manage.py.
CLOCK_AHEAD = "TEST_CLOCK_AHEAD_S"
# What is run in place of `manage.py` where one of these is set.
SCRIPTS = {
    CLOCK_AHEAD: "tests/support/shifted_manage.py",
    "TEST_PLANT": "tests/ledger/planted_manage.py",
}


class Server:
    """One instance: `manage.py serve`, or daphne, as its own process.

    `manage.py` is run by a fork of the fork server, which has its imports behind it.
    tests/e2e/test_start.py starts one from nothing.
    """

    def __init__(
        self, *, environment: Mapping[str, str], folder: Path, program: Program = "uvicorn"
    ) -> None:
        self.program = program
        self.port = 0
        self._environment = {**environment, "HOST": HOST, "PYTHONUNBUFFERED": "1"}
        self._log = folder / f"{program}-{uuid.uuid4().hex[:8]}.log"
        self._process: Process | None = None

    def start(self, *, port: int | None = None) -> "Server":
        """Start, or start again on the same port, and wait until `/healthz` answers.

        Raises `StartError` with the log if it does not come up.
        """
        wanted = port or self.port
        for _ in range(TRIES - 1):
            try:
                return self._start(wanted or free_port())
            except StartError as error:
                if wanted or "in use" not in str(error):
                    raise
        return self._start(wanted or free_port())

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def log(self) -> str:
        """Everything that it has printed, over all its starts."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def change_settings(self, **settings: object) -> None:
        """Environment variables from the next start on; None removes one."""
        for name, value in settings.items():
            if value is None:
                self._environment.pop(name, None)
            else:
                self._environment[name] = str(value)

    def stop(self) -> int:
        """SIGTERM: it drains and ends. Returns its exit code."""
        return self._running.stop()

    def kill(self) -> None:
        """SIGKILL: it ends in the middle of whatever it does."""
        self._running.kill()

    def freeze(self) -> None:
        """SIGSTOP."""
        self._running.freeze()

    def thaw(self) -> None:
        """SIGCONT."""
        self._running.thaw()

    def memory_bytes(self) -> int:
        """Its resident memory now (Linux)."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def end(self) -> None:
        """Whatever state a test left it in."""
        if self._process is not None:
            self._process.thaw()
            self._process.stop()

    @property
    def _running(self) -> Process:
        if self._process is None:
            raise RuntimeError("expected a server that was started; `start` was never called")
        return self._process

    def _start(self, port: int) -> "Server":
        env = {**self._environment, "PORT": str(port)}
        if self.program == "daphne":
            application = ["-b", HOST, "-p", str(port), "config.asgi:application"]
            command = [sys.executable, "-m", "daphne", *application]
            self._process = Process(command, log=self._log, env=env, cwd=ROOT)
        else:
            script = next((SCRIPTS[name] for name in SCRIPTS if name in env), "manage.py")
            serve = [str(ROOT / script), "serve"]
            child = fork_server().start(serve, env=env, output=self._log)
            self._process = Process.of(child, log=self._log)
        self._process.wait_until(lambda: _answers(port), timeout_s=START_S)
        self.port = port
        return self


class Deployment:
    """Instances of one installation, which share a database and what they say over Redis."""

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        databases: DatabaseMaker,
        folder: Path,
    ) -> None:
        self.environment = dict(environment)
        self.servers: list[Server] = []
        self._databases = databases
        self._folder = folder

    def add(self, *, program: Program = "uvicorn", **settings: object) -> Server:
        """Start one more instance; `settings` are environment variables of its own."""
        return self.add_many(1, program=program, **settings)[0]

    def add_many(
        self, instances: int, *, program: Program = "uvicorn", **settings: object
    ) -> list[Server]:
        """Start several at once."""
        own = {name: str(value) for name, value in settings.items()}
        new = [
            Server(environment={**self.environment, **own}, folder=self._folder, program=program)
            for _ in range(instances)
        ]
        self.servers += new
        with ThreadPoolExecutor(max_workers=max(1, instances)) as pool:
            return list(pool.map(Server.start, new))

    @property
    def server(self) -> Server:
        """The first instance."""
        return self.servers[0]

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def ws_url(self) -> str:
        return self.server.ws_url

    @property
    def database_url(self) -> str:
        return self.environment["DATABASE_URL"]

    def manage(self, *arguments: str) -> str:
        """`manage.py …` against the same database. Returns its standard output."""
        return manage(*arguments, env=self.environment)

    def tokens(self, *usernames: str, minutes: int | None = None) -> list[str]:
        """An access token for each user, who is created if need be."""
        options = ["--create"] + (["--minutes", str(minutes)] if minutes is not None else [])
        return self.manage("issue_token", *usernames, *options).split()

    def token(self, username: str, *, minutes: int | None = None) -> str:
        return self.tokens(username, minutes=minutes)[0]

    def service_key(self, name: str = "orders", *scopes: str) -> str:
        """The key of a new internal service, with all scopes unless some are named."""
        options = [text for scope in scopes for text in ("--scope", scope)]
        return self.manage("create_service_key", name, *options).strip()

    def logs(self) -> str:
        """What all instances have printed."""
        return "".join(
            f"--- {server.program} {server.port}\n{server.log()}" for server in self.servers
        )

    def end(self) -> None:
        """Stop every instance and drop the database."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(Server.end, self.servers))
        self._databases.drop(self.database_url)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
