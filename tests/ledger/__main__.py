"""`python -m tests.ledger [--short | --plant]`: run the fault scenarios and print the ledger.

Without an option: every scenario on two and three instances with Redis, on two with PostgreSQL
alone, and on SQLite where one process can show it. `--only TEXT` runs the configurations or
scenarios whose names have it. The exit code is 1 if anything was lost, doubled or out of order.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from benchmarks.report import table
from tests.ledger.faults import SCENARIOS, Scenario
from tests.ledger.plants import planted
from tests.ledger.run import LONG, SHORT, Load, run
from tests.ledger.stage import Configuration, Stage
from tests.ledger.tally import Tally
from tests.support.parts import MissingPartError
from tests.support.processes import StartError

HEAD = ["scenario", "events", "delivered", "lost", "doubled", "out of order", "longest delay, s"]
ALL = (
    Configuration(2),
    Configuration(3),
    Configuration(2, has_redis=False),
    Configuration(1, "sqlite", has_redis=False),
)
# What shows most in little time.
SHORT_PLAN = (
    (Configuration(2), ("kill -9", "transports switch")),
    (Configuration(1, "sqlite", has_redis=False), ("rolling",)),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.ledger", description="The loss ledger.")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--short", action="store_true", help="a few scenarios, under a minute")
    chosen.add_argument("--plant", action="store_true", help="faults that must be reported")
    parser.add_argument("--only", default="", metavar="TEXT", help="scenarios that have it")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if asked.plant:
            tally = print_ledger(planted())
        elif asked.short:
            tally = print_ledger(short())
        else:
            tally = print_ledger(_long(asked.only))
    except (MissingPartError, StartError) as error:
        print(f"ledger: {error}", file=sys.stderr)
        return 1
    return 0 if tally.is_clean else 1


def print_ledger(rows: Iterator[tuple[str, Tally]]) -> Tally:
    """Print each row as it is there, and the table at the end. Returns the sum."""
    told: list[list[str]] = []
    whole = Tally()
    for name, tally in rows:
        whole += tally
        told.append(_row(name, tally))
        print(f"{'held' if tally.is_clean else 'BROKEN'}: {', '.join(told[-1])}", flush=True)
    print()
    print(table(HEAD, [*told, _row("in all", whole)]))
    if not whole.is_clean:
        print("\nThe ledger does not hold: something was lost, doubled or out of order.")
    return whole


def _row(name: str, tally: Tally) -> list[str]:
    numbers = (tally.committed, tally.delivered, tally.lost, tally.doubled, tally.out_of_order)
    return [name, *(f"{number:,}" for number in numbers), f"{tally.longest_s:.1f}"]


def short() -> Iterator[tuple[str, Tally]]:
    """The form that the tests run."""
    for configuration, names in SHORT_PLAN:
        chosen = [one for one in SCENARIOS if one.name.startswith(names)]
        yield from _on(configuration, chosen, SHORT)


def _long(only: str) -> Iterator[tuple[str, Tally]]:
    for configuration in ALL:
        chosen = [
            one for one in SCENARIOS if only.lower() in f"{configuration.name} {one.name}".lower()
        ]
        if chosen:
            yield from _on(configuration, chosen, LONG)


def _on(
    configuration: Configuration, scenarios: Sequence[Scenario], load: Load
) -> Iterator[tuple[str, Tally]]:
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="bellwire-ledger-")))
        stage = Stage(configuration, ends, folder, people=load.users * len(scenarios))
        for scenario in scenarios:
            if scenario.fits(stage):
                tally = asyncio.run(run(stage, scenario, load))
                yield f"{scenario.name} ({configuration.name})", tally


def _interrupt(number: int, frame: FrameType | None) -> None:
    # An exception, so that every started process is stopped on the way out.
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("ledger: interrupted", file=sys.stderr)
        sys.exit(130)
