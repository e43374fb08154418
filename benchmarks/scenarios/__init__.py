"""The scenarios by name: one module each, whose `run()` prints a table and returns its outcome."""

from collections.abc import Callable, Mapping
from typing import Final

from benchmarks.report import Outcome
from benchmarks.scenarios import answers, append, drain, fanout, hostile, inbox, page, retrieval

SCENARIOS: Final[Mapping[str, Callable[[], Outcome]]] = {
    "answers": answers.run,
    "append": append.run,
    "drain": drain.run,
    "fanout": fanout.run,
    "hostile": hostile.run,
    "inbox": inbox.run,
    "page": page.run,
    "retrieval": retrieval.run,
}
