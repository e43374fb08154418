"""`manage.py …` with a fault planted into it, which the ledger must report.

The file that `TEST_PLANT` names says which, and may change at any time:

hints   what is said to the other instances is dropped
replay  a replay lacks the first event that it should have
"""

import dataclasses
import os
import runpy
import sys
from pathlib import Path
from typing import Any

import django

PLANT = "TEST_PLANT"
_MANAGE = Path(__file__).parents[2] / "manage.py"


def plant() -> None:
    """Put the faults in place of what works."""
    from realtime.cluster.hint_sender import HintSender
    from realtime.fanout import subscriber

    kind = Path(os.environ[PLANT])
    put: Any = HintSender.put
    read_all: Any = subscriber._read_all

    def put_or_drop(*arguments: Any) -> None:
        if kind.read_text() != "hints":
            put(*arguments)

    def read_short(*arguments: Any) -> Any:
        found = read_all(*arguments)
        if kind.read_text() != "replay":
            return found
        replays = {
            topic: dataclasses.replace(replay, publications=replay.publications[1:])
            for topic, replay in found.replays.items()
        }
        return dataclasses.replace(found, replays=replays)

    HintSender.put = put_or_drop  # type: ignore[assignment, method-assign]
    subscriber._read_all = read_short  # type: ignore[assignment]


if __name__ == "__main__":
    sys.path[0] = str(_MANAGE.parent)
    sys.argv[0] = str(_MANAGE)
    django.setup()
    plant()
    runpy.run_path(sys.argv[0], run_name="__main__")
