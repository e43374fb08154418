"""The focus timer as values: what is stored, what time makes of it, what an action makes of it.

Nothing ticks: a stored timer and the clock say where it stands, on every instance and after a
restart alike. Work and breaks follow each other by themselves until the long break is over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson

from api.renderers import iso_utc


class Phase(StrEnum):
    """`phase` of a timer; its length is the setting `<phase>_s`."""

    WORK = "work"
    BREAK = "break"
    LONG_BREAK = "long_break"


class Status(StrEnum):
    """`status` of a timer."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"


class Action(StrEnum):
    """What may be done with it."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    SKIP = "skip"
    RESET = "reset"


class IllegalActionError(Exception):
    """An action that the timer's status does not know."""


@dataclass(frozen=True, slots=True)
class Timer:
    """`duration_s` and what follows belong to the phase; an idle one takes them from the settings.

    `left_s` is what a paused phase still has, `cycle` the number of work phases that have ended.
    """

    phase: Phase = Phase.WORK
    status: Status = Status.IDLE
    duration_s: int = 0
    ends_at: datetime | None = None
    left_s: float = 0.0
    cycle: int = 0

    def at(self, now: datetime, settings: Mapping[str, Any]) -> "Timer":
        """What it is by `now`, if nobody touches it: at most one round further."""
        timer = self
        while timer.ends_at is not None and timer.ends_at <= now:
            timer = timer._next(settings, since=timer.ends_at)
        return timer

    def after(self, action: Action, now: datetime, settings: Mapping[str, Any]) -> "Timer":
        """What `action` makes of a timer that is as it is `now`. What is so already stays.

        Raises `IllegalActionError` for pausing or resuming what has not begun.
        """
        match action, self.status:
            case Action.RESET, _:
                return Timer()
            case Action.SKIP, Status.RUNNING:
                return self._next(settings, since=now)
            case Action.SKIP, _:
                phase, cycle = self._following(settings)
                return Timer(phase, cycle=cycle)
            case Action.START, Status.IDLE:
                return self._begun(self.phase, self.cycle, settings, since=now)
            case ((Action.PAUSE | Action.RESUME), Status.IDLE):
                raise IllegalActionError("The timer has not been started")
            case ((Action.START | Action.RESUME), Status.PAUSED):
                ends_at = now + timedelta(seconds=self.left_s)
                return replace(self, status=Status.RUNNING, ends_at=ends_at, left_s=0.0)
            case Action.PAUSE, Status.RUNNING:
                left_s = self.remaining_s(now, settings)
                return replace(self, status=Status.PAUSED, ends_at=None, left_s=left_s)
        return self

    def remaining_s(self, now: datetime, settings: Mapping[str, Any]) -> float:
        """What the phase still has, in seconds."""
        if self.ends_at is not None:
            return max((self.ends_at - now).total_seconds(), 0.0)
        return self.left_s if self.status is Status.PAUSED else self._length(self.phase, settings)

    def shape(self, now: datetime, settings: Mapping[str, Any]) -> dict[str, Any]:
        """`{phase, status, duration_s, ends_at, remaining_s, server_time}`."""
        idle = self.status is Status.IDLE
        return {
            "phase": self.phase,
            "status": self.status,
            "duration_s": self._length(self.phase, settings) if idle else self.duration_s,
            "ends_at": iso_utc(self.ends_at) if self.ends_at else None,
            "remaining_s": round(self.remaining_s(now, settings), 3),
            "server_time": iso_utc(now),
        }

    def _next(self, settings: Mapping[str, Any], *, since: datetime) -> "Timer":
        if self.phase is Phase.LONG_BREAK:
            return Timer()
        phase, cycle = self._following(settings)
        return self._begun(phase, cycle, settings, since=since)

    def _following(self, settings: Mapping[str, Any]) -> tuple[Phase, int]:
        match self.phase:
            case Phase.WORK:
                done = self.cycle + 1
                return (Phase.LONG_BREAK if done >= settings["cycles"] else Phase.BREAK), done
            case Phase.BREAK:
                return Phase.WORK, self.cycle
            case Phase.LONG_BREAK:
                return Phase.WORK, 0

    @classmethod
    def _begun(
        cls, phase: Phase, cycle: int, settings: Mapping[str, Any], *, since: datetime
    ) -> "Timer":
        length = cls._length(phase, settings)
        ends_at = since + timedelta(seconds=length)
        return cls(phase, Status.RUNNING, length, ends_at, cycle=cycle)

    @staticmethod
    def _length(phase: Phase, settings: Mapping[str, Any]) -> int:
        length: int = settings[f"{phase}_s"]
        return length


def stored(timer: Timer) -> str:
    """JSON text for the room's row."""
    return orjson.dumps(timer).decode()


def read(text: str) -> Timer:
    """What `stored` has written; of "" a timer that nobody has touched."""
    if not text:
        return Timer()
    fields = orjson.loads(text)
    ends_at = fields["ends_at"]
    return Timer(
        phase=Phase(fields["phase"]),
        status=Status(fields["status"]),
        duration_s=fields["duration_s"],
        ends_at=datetime.fromisoformat(ends_at).astimezone(UTC) if ends_at else None,
        left_s=fields["left_s"],
        cycle=fields["cycle"],
    )
