"""Starting a program and waiting until it answers; ports that nobody else takes."""

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, Self

# Below 32768, where Linux hands out the ports of outgoing connections: a load test fills those.
PORTS = range(12_000, 32_000)
# A start or an end takes seconds; on a machine that is busy with other things it may take many.
START_S = 60.0
STOP_S = 60.0


class StartError(Exception):
    """A program did not come up; the text has what it printed."""


def free_port() -> int:
    """A port of the loopback that is free now. Somebody may be faster: who listens must retry."""
    while True:
        port = random.choice(PORTS)  # noqa: S311
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Child(Protocol):
    """What `subprocess.Popen` and a fork of the tests' fork server have in common."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...


class Process:
    """One running program: its output in a file, signals to it and to nobody else."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        with log.open("ab") as output:
            # A session of its own: Ctrl-C at the terminal is for whoever started it to handle.
            child: Child = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                cwd=cwd,
                start_new_session=True,
            )
        self._take(child, log)

    @classmethod
    def of(cls, child: Child, *, log: Path) -> Self:
        """One that runs already, and prints to `log`."""
        made = cls.__new__(cls)
        made._take(child, log)
        return made

    def _take(self, child: Child, log: Path) -> None:
        self._child = child
        self.log_file = log

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it runs, and negative for a signal that it died of."""
        return self._child.poll()

    def log(self) -> str:
        """Everything the program has printed so far."""
        return self.log_file.read_text(errors="replace")

    def wait_until(self, ready: Callable[[], bool], *, timeout_s: float = START_S) -> None:
        """Poll `ready` until it is true.

        Raises `StartError` if the program ends, or time is up; then it is killed.
        """
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.running:
                raise StartError(f"{self.log()}\nIt ended with {self._child.returncode}.")
            if time.monotonic() > deadline:
                self.kill()
                raise StartError(f"{self.log()}\nIt was not ready within {timeout_s:.0f} s.")
            time.sleep(0.02)

    def signal(self, number: signal.Signals) -> None:
        # It may end between the question and the signal.
        with suppress(ProcessLookupError):
            if self.running:
                os.kill(self.pid, number)

    def wait(self, *, timeout_s: float = STOP_S) -> int:
        """Wait for its end. Returns its exit code. Raises `subprocess.TimeoutExpired`."""
        return self._child.wait(timeout_s)

    def stop(self, *, timeout_s: float = STOP_S) -> int:
        """SIGTERM, and SIGKILL if that does not end it in time. Returns its exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """SIGKILL. Returns its exit code, -9."""
        self.signal(signal.SIGKILL)
        return self._child.wait()

    def freeze(self) -> None:
        """SIGSTOP: it keeps its sockets and answers nothing."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.signal(signal.SIGCONT)
