"""The focus timer as immutable values: its stored state, and its transitions by time and action.

There is no ticking: any instance computes the current state from the stored one and the clock, also
after a restart. Work and breaks alternate automatically until the long break is over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson

from api.media.renderers import iso_utc


class Phase(StrEnum):
    """`phase` of a timer; its length in seconds is the setting `<phase>_s`."""

    WORK = "work"
    BREAK = "break"
    LONG_BREAK = "long_break"


class Status(StrEnum):
    """`status` of a timer."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"


class Action(StrEnum):
    """`action` of a request."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    SKIP = "skip"
    RESET = "reset"


class IllegalActionError(Exception):
    """The timer's status does not allow this action."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer's stored state.

    `duration_s`, `ends_at` and `left_s` describe the current phase; an idle timer's length comes
    from the settings instead. `left_s` is the remaining time of a paused phase, `cycle` the number
    of work phases that have ended.
    """

    phase: Phase = Phase.WORK
    status: Status = Status.IDLE
    duration_s: int = 0
    ends_at: datetime | None = None
    left_s: float = 0.0
    cycle: int = 0

    def at(self, now: datetime, settings: Mapping[str, Any]) -> "Timer":
        """The state at `now` if no action is taken: at most one round further."""
        timer = self
        while timer.ends_at is not None and timer.ends_at <= now:
            timer = timer._next(settings, since=timer.ends_at)
        return timer

    def after(self, action: Action, now: datetime, settings: Mapping[str, Any]) -> "Timer":
        """The state after `action` on a timer that is current at `now`.

        An action without effect returns the timer unchanged. Raises `IllegalActionError` for
        pausing or resuming an idle timer.
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
        """The remaining time of the phase, in seconds."""
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
    """The timer in a text of `stored`; a new timer for ""."""
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
