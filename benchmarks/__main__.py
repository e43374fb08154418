"""`python -m benchmarks [SCENARIO …]`: run scenarios, all unless some are named.

Each prints its table and writes what it measured below var/bench. The exit code is 1 if a target
was missed, or if a scenario could not be measured. The scenario `hostile` can be narrowed down:

    python -m benchmarks hostile --attack guesses --attack "slow readers" --way direct
"""

import argparse
import signal
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

from benchmarks.machine import BenchmarkError
from benchmarks.report import Outcome, write_json
from benchmarks.scenarios import SCENARIOS, hostile
from tests.support.parts import MissingPartError
from tests.support.processes import StartError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the speed.")
    known = ", ".join(SCENARIOS)
    parser.add_argument("scenario", nargs="*", help=f"{known}; all of them unless named")
    parser.add_argument(
        "--attack", action="append", default=[], metavar="TEXT", help="attacks whose names have it"
    )
    parser.add_argument("--way", choices=hostile.WAYS, help="both unless given")
    asked = parser.parse_args()
    names = asked.scenario or list(SCENARIOS)
    if unknown := [name for name in names if name not in SCENARIOS]:
        parser.error(f"no such scenario: {', '.join(unknown)} (there are: {known})")
    ways = (asked.way,) if asked.way else hostile.WAYS
    runs: dict[str, Callable[[], Outcome]] = {
        **SCENARIOS,
        "hostile": partial(hostile.run, asked.attack, ways),
    }
    signal.signal(signal.SIGTERM, _interrupt)
    held = True
    for name in names:
        try:
            outcome = runs[name]()
        except (BenchmarkError, MissingPartError, StartError) as error:
            print(f"bench: {name}: {error}", file=sys.stderr)
            return 1
        print(f"written to {write_json(name, outcome)}", flush=True)
        held = held and outcome.held
    return 0 if held else 1


def _interrupt(number: int, frame: FrameType | None) -> None:
    # An exception, so that every started process is stopped on the way out.
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        sys.exit(130)
