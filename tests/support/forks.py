"""`manage.py …` as a process that is there in a moment: a child of tests/support/fork_server.py."""

import atexit
import functools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.paths import ROOT


class Forked:
    """A child, as `subprocess.Popen` has them."""

    def __init__(self, pid: int, fork_server: "ForkServer") -> None:
        self.pid = pid
        self._server = fork_server

    @property
    def returncode(self) -> int | None:
        """Its exit code, None while it runs."""
        return self._server.code_of(self.pid, timeout_s=0)

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises `subprocess.TimeoutExpired`."""
        code = self._server.code_of(self.pid, timeout_s=timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return code


class ForkServer:
    """The parent of all of them; one for a test run. It keeps so many templates."""

    def __init__(self, templates: int = 8) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.fork_server", str(templates)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            cwd=ROOT,
            text=True,
            start_new_session=True,
        )
        self._turn = threading.Lock()
        self._news = threading.Condition()
        self._is_gone = False
        self._started: list[int] = []
        # The exit code of each child; None while it runs.
        self._codes: dict[int, int | None] = {}
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def start(
        self,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        output: Path,
        errors: Path | None = None,
    ) -> Forked:
        """`python …arguments` in the root folder; `errors` go to `output` if not elsewhere."""
        order = {
            "arguments": list(arguments),
            "environment": dict(env),
            "output": str(output),
            "errors": str(errors or output),
        }
        stdin = self._process.stdin
        assert stdin is not None
        # One after the other: a child must not inherit the next one's line in a buffer.
        with self._turn:
            stdin.write(json.dumps(order) + "\n")
            stdin.flush()
            with self._news:
                self._news.wait_for(lambda: self._started or self._is_gone)
                assert self._started, "the fork server has ended; its traceback is above"
                return Forked(self._started.pop(), self)

    def code_of(self, pid: int, *, timeout_s: float | None) -> int | None:
        """Wait for a child's end. None if it still runs then."""
        with self._news:
            self._news.wait_for(lambda: self._codes[pid] is not None or self._is_gone, timeout_s)
            return self._codes[pid]

    def end(self) -> None:
        """Its children live on, but who started one has ended it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._listener.join()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as answers:
            for line in answers:
                reported = json.loads(line)
                with self._news:
                    if pid := reported.get("started"):
                        self._started.append(pid)
                        self._codes[pid] = None
                    else:
                        self._codes[reported["ended"]] = reported["code"]
                    self._news.notify_all()
        with self._news:
            self._is_gone = True
            self._news.notify_all()


@functools.cache
def fork_server() -> ForkServer:
    """This run's, started when the first child is wanted."""
    made = ForkServer()
    atexit.register(made.end)
    return made


def _environment() -> dict[str, str]:
    """No settings: what is imported beforehand must not depend on any."""
    foreign = ("DJANGO_SETTINGS_MODULE", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return {**kept, "PYTHONUNBUFFERED": "1"}
