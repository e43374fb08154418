"""`python -m tests.run [pytest arguments]`: everything, on both kinds of parts.

Gets PostgreSQL, Redis, a browser and nginx, and says which it took; then pytest in lanes, four side
by side, on one PostgreSQL and one Redis, and beside them the page's tests. With arguments
it is one pytest of each kind, which is given them. The last line is `N passed, N failed`.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Self

from tests.support import parts
from tests.support.databases import PostgreSQLMaker, drop_shared
from tests.support.kinds import SHARED_FOLDER, Kind
from tools.node import find_node, npm_environment
from tools.paths import FRONTEND, ROOT

# pytest's own exit code for "nothing matched", which is no failure where the other kind ran some.
NOTHING_RAN = 5
# pytest's own last line, with or without `-q`.
_CLOSING = re.compile(r" in \d+\.\d+s\b")

# What waits more than it computes: clients, other processes, a browser.
BROWSER = ("tests/browser",)
E2E = ("tests/e2e",)
REQUESTS = ("tests/endpoints", "tests/bellwire_client")
CONTRACT = ("tests/contract", "tests/conformance/npm")
SOCKJS = ("tests/conformance/sockjs",)
SERVERS = E2E + REQUESTS + CONTRACT + SOCKJS
# They load the machine, and hold what they have: beside them only as much as there is anyway.
HOSTILE = ("tests/hostile",)


@dataclass(frozen=True, slots=True)
class Lane:
    """One pytest, and which part of the suite it runs."""

    name: str
    kind: Kind
    arguments: tuple[str, ...] = ()

    @classmethod
    def without(cls, name: str, kind: Kind, paths: Sequence[str]) -> Self:
        """All the rest of the suite."""
        return cls(name, kind, tuple(f"--ignore={path}" for path in paths))


# Two lanes at a time would leave a machine of two cores idle for much of it, as a test mostly waits
# for processes. Those that take longest begin: the others take the place of the first that are
# through. The last ones are short, so that none runs on alone when the others have ended. What
# needs no server of `tests/hostile` is run by the embedded lane.
LANES = (
    Lane.without("embedded", Kind.EMBEDDED, BROWSER + SERVERS),
    Lane("browser", Kind.EMBEDDED, BROWSER),
    Lane.without("full", Kind.FULL, BROWSER + SERVERS + HOSTILE),
    Lane("instances", Kind.FULL, E2E + SOCKJS + BROWSER),
    Lane("services", Kind.FULL, REQUESTS + CONTRACT),
    Lane("hostile", Kind.FULL, HOSTILE),
    Lane("e2e", Kind.EMBEDDED, E2E),
    Lane("contract", Kind.EMBEDDED, CONTRACT),
    Lane("requests", Kind.EMBEDDED, REQUESTS),
    Lane("sockjs", Kind.EMBEDDED, SOCKJS),
)
AT_ONCE = 4


@dataclass(slots=True)
class Outcome:
    """How one test program ended. `closing` is the line in which it says so, `broken` are the names
    of the tests that failed, and what each failed for."""

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
            lanes = [Lane(kind, kind, tuple(arguments)) for kind in Kind] if arguments else LANES
            outcomes = run_lanes(environment, lanes)
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

    shared = folder / "shared"
    shared.mkdir()
    found[SHARED_FOLDER] = str(shared)
    maker = PostgreSQLMaker(found["TEST_DATABASE_URL"])
    ends.callback(drop_shared, maker, shared / Kind.FULL)

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
        print(f"page      | {line}", flush=True)
    closings = re.findall(r"^\s*Tests\s+.*$", ran.stdout, re.MULTILINE)
    return _outcome("page", ran.returncode, closings[-1].strip() if closings else "no test ran")


def run_lanes(environment: Mapping[str, str], lanes: Sequence[Lane]) -> list[Outcome]:
    """Several at once, each line of output behind its lane's name."""
    running: list[subprocess.Popen[str]] = []

    def run(lane: Lane) -> Outcome:
        process = _start_pytest(lane, environment)
        running.append(process)
        said = _relay(lane, process)
        closing = next((line for line in reversed(said) if _CLOSING.search(line)), "")
        outcome = _outcome(lane.name, process.wait(), closing)
        broken = (re.match(r"(?:FAILED|ERROR) (.+)", line) for line in said)
        outcome.broken = [found[1] for found in broken if found]
        return outcome

    pool = ThreadPoolExecutor(max_workers=AT_ONCE)
    try:
        outcomes = [each.result() for each in [pool.submit(run, lane) for lane in lanes]]
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        # They stop their own servers before they end.
        for process in running:
            process.send_signal(signal.SIGINT)
        pool.shutdown()
        raise
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


def _start_pytest(lane: Lane, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    cache = ROOT / "var" / f"pytest-{lane.name}"
    # Bytecode is kept, as the Makefile does: without it, each lane compiles some thousand modules.
    inherited = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-o", f"cache_dir={cache}", *lane.arguments],
        cwd=ROOT,
        env={
            "PYTHONPYCACHEPREFIX": str(ROOT / "var" / "bytecode"),
            **inherited,
            **environment,
            "BELLWIRE_TEST_PARTS": lane.kind,
            "PYTHONUNBUFFERED": "1",
            # Wide enough for the reason behind a failed test's name in the summary.
            "COLUMNS": "200",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Ctrl-C reaches it through this program, once.
        start_new_session=True,
    )


def _relay(lane: Lane, process: subprocess.Popen[str]) -> list[str]:
    """Print what it says until it ends; returns all of it."""
    assert process.stdout
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip())
        # One write: the other lanes' lines come at the same time.
        sys.stdout.write(f"{lane.name:9} | {lines[-1]}\n")
        sys.stdout.flush()
    return lines


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
