"""Faults planted into the instances. A ledger that does not report them is worth nothing."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from tests.ledger.faults import Scenario, nothing
from tests.ledger.planted_manage import PLANT
from tests.ledger.readers import Habits
from tests.ledger.run import SHORT, run
from tests.ledger.stage import Configuration, Stage
from tests.ledger.tally import Tally

# Nothing is looked for by itself while the plant is measured.
NEVER_S = "3600"
# What has not come by then was lost.
PATIENCE_S = 3.0


@dataclass(frozen=True, slots=True)
class Plant:
    """A fault, and readers that would miss something by it."""

    name: str
    kind: str
    habits: Habits


PLANTS = (
    Plant("hints are dropped, reconcile is off", "hints", Habits()),
    Plant("a replay is one short", "replay", Habits(cuts=True)),
)


def planted() -> Iterator[tuple[str, Tally]]:
    """Run each plant on two instances. Raises `MissingPartError`."""
    load = replace(SHORT, users=1, patience_s=PATIENCE_S)
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="bellwire-ledger-")))
        kind = folder / "plant"
        kind.write_text(PLANTS[0].kind)
        settings = {PLANT: str(kind), "BELLWIRE_RECONCILE_S": NEVER_S}
        people = load.users * len(PLANTS)
        stage = Stage(Configuration(2), ends, folder, people=people, settings=settings)
        for plant in PLANTS:
            kind.write_text(plant.kind)
            scenario = Scenario(plant.name, nothing, plant.habits)
            yield f"planted: {plant.name}", asyncio.run(run(stage, scenario, load))
