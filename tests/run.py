"""`python -m tests.run [pytest arguments]`: everything, on both kinds of parts.

Gets PostgreSQL, Redis, a browser and nginx, and says which it took; then two pytest side by side,
`embedded` and `full`, on one PostgreSQL and one Redis, and beside them the page's tests. The last
line is `N passed, N failed`.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from tests import parts
from tests.kinds import Kind
from tools.node import find_node, npm_environment
from tools.paths import FRONTEND, ROOT

# pytest's own exit code for "nothing matched", which is no failure where the other kind ran some.
NOTHING_RAN = 5


@dataclass(slots=True)
class Outcome:
    """How one test program ended. `closing` is the line in which it says so, `broken` are the names
    of the tests that failed."""

    name: str
    exit_code: int
    closing: str
    passed: int
    failed: int
    skipped: int
    broken: list[str] = field(default_factory=list)


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    started = time.monotonic()
    arguments = shlex.split(os.environ.get("PYTEST_ARGS", "")) + sys.argv[1:]
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="bellwire-run-")))
        try:
            environment = bring_parts(ends, folder)
        except parts.MissingPartError as missing:
            print(f"bellwire: {missing}", file=sys.stderr)
            return 1
        # Nothing of the page's tests is seen but their lines; they take one core for some seconds.
        with ThreadPoolExecutor(max_workers=1) as beside:
            page = None if arguments else beside.submit(run_frontend)
            outcomes = run_both_kinds(environment, arguments)
            if page is not None:
                outcomes.insert(0, page.result())
    return report(outcomes, time.monotonic() - started)


def bring_parts(ends: ExitStack, folder: Path) -> dict[str, str]:
    """Start or find every part. Returns the environment for pytest. Raises `MissingPartError`."""
    found: dict[str, str] = {}
    if url := os.environ.get("TEST_DATABASE_URL"):
        _took("PostgreSQL", "TEST_DATABASE_URL")
    else:
        binaries = parts.postgresql_binaries()
        postgresql = parts.PostgreSQLServer(binaries, log=folder / "postgresql.log")
        ends.callback(postgresql.stop)
        url = postgresql.url
        _took("PostgreSQL", f"{binaries.where} ({binaries.origin})")
    found["TEST_DATABASE_URL"] = url

    if url := os.environ.get("TEST_REDIS_URL"):
        _took("Redis", "TEST_REDIS_URL")
    else:
        binary = parts.redis_binary()
        redis = parts.RedisServer(binary, log=folder / "redis.log")
        ends.callback(redis.end)
        url = redis.url
        _took("Redis", f"{binary.where} ({binary.origin})")
    found["TEST_REDIS_URL"] = url

    browser = parts.browser()
    _took("browser", f"{browser.where} ({browser.origin})".lstrip())
    found["CHROME"] = browser.where

    if nginx := parts.nginx_binary():
        _took("nginx", f"{nginx.where} ({nginx.origin})")
    else:
        _took("nginx", "not there: the tests with a balancer are skipped by name")
    return found


def run_frontend() -> Outcome:
    """The page's own tests, by vitest."""
    node = find_node()
    ran = subprocess.run(
        [str(node.npm), "test"],
        cwd=FRONTEND,
        env={**npm_environment(node), "NO_COLOR": "1", "CI": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for line in ran.stdout.splitlines():
        print(f"page     | {line}", flush=True)
    closings = re.findall(r"^\s*Tests\s+.*$", ran.stdout, re.MULTILINE)
    return _outcome("page", ran.returncode, closings[-1].strip() if closings else "no test ran")


def run_both_kinds(environment: Mapping[str, str], arguments: list[str]) -> list[Outcome]:
    """The same suite twice at once, each line of output behind its kind's name."""
    running = {kind: _start_pytest(kind, environment, arguments) for kind in Kind}
    lines: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    readers = [
        threading.Thread(target=_relay, args=(kind, running[kind], lines[kind])) for kind in Kind
    ]
    for reader in readers:
        reader.start()
    try:
        for reader in readers:
            reader.join()
    except KeyboardInterrupt:
        # They stop their own servers before they end.
        for process in running.values():
            process.send_signal(signal.SIGINT)
        for process in running.values():
            process.wait()
        raise
    outcomes = []
    for kind in Kind:
        exit_code = running[kind].wait()
        closing = next((line for line in reversed(lines[kind]) if line.startswith("=")), "")
        outcomes.append(_outcome(str(kind), exit_code, closing))
        outcomes[-1].broken = [
            found[1] for line in lines[kind] if (found := re.match(r"(?:FAILED|ERROR) (\S+)", line))
        ]
    if any(outcome.exit_code != NOTHING_RAN for outcome in outcomes):
        for outcome in outcomes:
            outcome.exit_code *= outcome.exit_code != NOTHING_RAN
    return outcomes


def report(outcomes: list[Outcome], took_s: float) -> int:
    """Print how each ended and the sum of all. Returns the exit code."""
    print(f"\nAll of it took {took_s:.0f} s.")
    for outcome in outcomes:
        verdict = "" if outcome.exit_code == 0 else f" (exit code {outcome.exit_code})"
        print(f"{outcome.name}{verdict}:\n{outcome.closing}")
        # A crash fails the run even where no test was counted as failed.
        outcome.failed = outcome.failed or int(outcome.exit_code != 0)
    # Last, where they are seen: what went wrong stands some thousand lines above.
    for outcome in outcomes:
        for name in outcome.broken:
            print(f"failed: {outcome.name} {name}")
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    skipped = sum(outcome.skipped for outcome in outcomes)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


def _start_pytest(
    kind: Kind, environment: Mapping[str, str], arguments: list[str]
) -> subprocess.Popen[str]:
    cache = ROOT / "var" / f"pytest-{kind}"
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-o", f"cache_dir={cache}", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            **environment,
            "BELLWIRE_TEST_PARTS": kind,
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": "100",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Ctrl-C reaches it through this program, once.
        start_new_session=True,
    )


def _relay(kind: Kind, process: subprocess.Popen[str], lines: list[str]) -> None:
    assert process.stdout
    for line in process.stdout:
        lines.append(line.rstrip())
        # One write: the other kind's lines come at the same time.
        sys.stdout.write(f"{kind:8} | {lines[-1]}\n")
        sys.stdout.flush()


def _outcome(name: str, exit_code: int, closing: str) -> Outcome:
    counted = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", closing)}
    return Outcome(
        name=name,
        exit_code=exit_code,
        closing=closing,
        passed=counted.get("passed", 0),
        failed=counted.get("failed", 0) + counted.get("error", 0) + counted.get("errors", 0),
        skipped=counted.get("skipped", 0),
    )


def _took(part: str, what: str) -> None:
    print(f"{part + ':':12} {what}", flush=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("bellwire: interrupted", file=sys.stderr)
        sys.exit(130)
