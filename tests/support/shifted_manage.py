"""`manage.py …` on a machine whose clock is off by `TEST_CLOCK_AHEAD_S` seconds.

Shifts what Python code reads: `time.time`, `time.time_ns`, and `datetime` in every module, also in
those that tests/support/fork_server.py has imported. `time.monotonic` stays right, as anywhere.
"""

import datetime as dt
import os
import runpy
import sys
import time
from pathlib import Path
from typing import Any

AHEAD = "TEST_CLOCK_AHEAD_S"
_MANAGE = Path(__file__).parents[2] / "manage.py"
_RIGHT = dt.datetime
_SHIFT = dt.timedelta(seconds=float(os.environ.get(AHEAD, "0")))


class _AnyDatetime(type):
    """The shifted class stands for the right one wherever types are compared."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _RIGHT)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, _RIGHT)


class _Shifted(_RIGHT, metaclass=_AnyDatetime):
    """Makes ordinary datetimes; only `now` and its kin are off."""

    # As large as the right one, which extensions in C check.
    __slots__ = ()

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return _RIGHT(*args, **kwargs)

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        return _RIGHT.now(tz) + _SHIFT

    @classmethod
    def today(cls) -> Any:
        return cls.now()

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now(dt.UTC).replace(tzinfo=None)


def shift_clock() -> None:
    """From now on this process's clock is off."""
    seconds, nanoseconds = time.time, time.time_ns
    ahead_s = _SHIFT.total_seconds()
    time.time = lambda: seconds() + ahead_s
    time.time_ns = lambda: nanoseconds() + int(ahead_s * 1e9)
    for module in list(sys.modules.values()):
        names = vars(module) if hasattr(module, "__dict__") else {}
        for name in [name for name, value in names.items() if value is _RIGHT and name != "_RIGHT"]:
            setattr(module, name, _Shifted)


if __name__ == "__main__":
    shift_clock()
    sys.path[0] = str(_MANAGE.parent)
    sys.argv[0] = str(_MANAGE)
    runpy.run_path(sys.argv[0], run_name="__main__")
