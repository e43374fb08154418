"""Tables on the terminal, and JSON below var/bench."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.paths import VAR


@dataclass(frozen=True, slots=True)
class Outcome:
    """A scenario's results as JSON, and whether its targets were met."""

    held: bool
    figures: Mapping[str, Any]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format columns, the first aligned left and the numbers right."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join([first, *others]).rstrip()

    return "\n".join([line(head), line(["-" * width for width in widths]), *map(line, rows)])


def write_json(name: str, outcome: Outcome) -> Path:
    """Store the results beside those of earlier runs. Returns the file."""
    now = datetime.now(UTC)
    folder = VAR / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{now:%Y%m%d-%H%M%S}.json"
    content = {"scenario": name, "at": now.isoformat(), "held": outcome.held, **outcome.figures}
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path
