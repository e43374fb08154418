"""`python -m tools.dev`: the server, started anew when its code changes, behind Vite's dev server.

Vite answers at PORT (8000): it serves the page's modules, replaces those that change while the page
is open, and passes everything else on to the server, which listens at the next port. This process
holds that port, so requests wait while the server starts anew. Ctrl-C ends all of them.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from watchfiles import BaseFilter, Change, watch

from tools import start
from tools.node import find_node, npm_environment
from tools.paths import FRONTEND, ROOT

# What the server reads once, when it starts.
SUFFIXES = (".py", ".html", ".mo")
NOT_WATCHED = {".git", ".venv", "benchmarks", "docs", "frontend", "tests", "var"}
# A server that has not drained by then is killed: nobody wants to wait for their own change.
STOP_S = 5
# How often it is asked whether Vite is still there.
LOOK_MS = 500


class ServerSources(BaseFilter):
    """Files that a running server would not notice."""

    ignore_dirs = ("__pycache__",)

    def __call__(self, change: Change, path: str) -> bool:
        return path.endswith(SUFFIXES) and super().__call__(change, path)


class Child:
    """A process that is ended with this one, and can be started anew."""

    def __init__(self, command: Sequence[str], *, fds: Sequence[int] = ()) -> None:
        self._command = command
        self._fds = fds
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        # In a group of its own, so that Ctrl-C reaches this process alone, which ends the others.
        return subprocess.Popen(self._command, pass_fds=self._fds, cwd=ROOT, process_group=0)

    @property
    def pid(self) -> int:
        """The process that runs, or ran last."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def restart(self) -> None:
        self.stop()
        self._process = self._start()

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def main() -> int:
    start.prepare()
    # Models and settings are ready only now.
    from realtime import listen

    port = int(os.environ.get("PORT") or 8000)
    try:
        listener = listen("127.0.0.1", port + 1)
    except OSError as error:
        print(f"bellwire: cannot listen on port {port + 1}: {error.strerror}", file=sys.stderr)
        return 1
    listener.set_inheritable(True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    with listener, ExitStack() as ends:
        try:
            serve = ["manage.py", "serve", "--fd", str(listener.fileno())]
            server = Child([sys.executable, *serve], fds=[listener.fileno()])
            ends.callback(server.stop)
            page = Child(vite(port))
            ends.callback(page.stop)
            start.print_url()
            return follow(server, page)
        except KeyboardInterrupt:
            return 0


def vite(port: int) -> list[str]:
    """The command of Vite's server, which finds its Node and ours by its environment."""
    environment = npm_environment(find_node())
    os.environ["PATH"] = environment["PATH"]
    os.environ["BELLWIRE_SERVER"] = f"http://127.0.0.1:{port + 1}"
    node = shutil.which("node") or "node"
    program = FRONTEND / "node_modules" / "vite" / "bin" / "vite.js"
    host = os.environ.get("HOST") or "127.0.0.1"
    return [node, str(program), str(FRONTEND), "--port", str(port), "--strictPort",
            "--host", host, "--clearScreen", "false"]  # fmt: skip


def follow(server: Child, page: Child) -> int:
    """Start the server anew at each change, until Vite ends. Returns its exit code."""
    for changes in watch(
        *watched(),
        watch_filter=ServerSources(),
        yield_on_timeout=True,
        rust_timeout=LOOK_MS,
        raise_interrupt=True,
    ):
        if page.exit_code is not None:
            return page.exit_code
        if changes:
            named = sorted({str(Path(path).relative_to(ROOT)) for _, path in changes})
            print(f"bellwire: {', '.join(named)} changed, starting the server anew", flush=True)
            server.restart()
    return 0


def watched() -> list[Path]:
    """The folders with the server's code."""
    return [path for path in ROOT.iterdir() if path.is_dir() and path.name not in NOT_WATCHED]


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
