"""Budgets: how often one caller may do something, as token buckets.

An app declares its budgets, `ROOMS = declare_budget("rooms.create", "30/1h")`, and names them where
it registers a command or a STOMP destination (`spending`) or writes a REST view: they are drawn
before the action runs. Counted in Redis for all instances, else in this process (budget_store.py).
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Concatenate, Final, ParamSpec, TypeVar

from django.core.exceptions import ImproperlyConfigured

from realtime.cluster import budget_store
from realtime.cluster.budget_store import Draw
from realtime.conf import conf
from realtime.protocol.errors import ErrorCode, RealtimeError
from realtime.protocol.principal import Principal

P = ParamSpec("P")
R = TypeVar("R")

_RATE: Final = re.compile(r"(?P<count>[0-9]{1,9})/(?P<number>[0-9]{0,5})(?P<unit>[smhd])", re.ASCII)
_UNIT_S: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
OFF: Final = "off"
_EXPECTED: Final = f'expected a count and a time, as in "30/1h", or "{OFF}"'
# Tokens are refilled in whole microseconds.
_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` tokens may be spent at once; they are refilled evenly within `period_s` seconds."""

    count: int
    period_s: int

    @property
    def period_us(self) -> int:
        """The time in which an empty bucket fills, in microseconds."""
        return self.period_s * _US

    def cost_us(self, tokens: int) -> int:
        """Return the time in which `tokens` are refilled, at most that of a whole bucket."""
        # Rounded down, so that `count` tokens never cost more than the period.
        return min(tokens, self.count) * (self.period_us // self.count)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one caller may spend. `scales`: whether `BELLWIRE_BUDGET_SCALE` applies."""

    name: str
    default: Rate
    scales: bool = True

    def rate(self) -> Rate | None:
        """Return the rate in force, or None if the deployment has switched it off."""
        chosen = conf().budgets.get(self.name)
        if chosen is not None:
            return parse_rate(chosen)
        scale = conf().budget_scale if self.scales else 1
        return Rate(max(int(self.default.count * scale), 1), self.default.period_s)


_declared: dict[str, Budget] = {}
_drawn_by: dict[Callable[..., object], Sequence[Budget]] = {}


def declare_budget(name: str, default: str, *, scales: bool = True) -> Budget:
    """Declare the budget `name`; settings may override its `default` rate."""
    if name in _declared:
        raise RuntimeError(f"expected one budget of the name {name!r}, got a second one")
    rate = parse_rate(default)
    if rate is None:
        raise ValueError(f"expected a count and a time by default, got {default!r}")
    made = _declared[name] = Budget(name, rate, scales)
    return made


def declared() -> Sequence[Budget]:
    """Return every app's budgets, sorted by name."""
    return [_declared[name] for name in sorted(_declared)]


@lru_cache(maxsize=256)
def parse_rate(text: str) -> Rate | None:
    """Parse "30/1h" or "60/m"; return None for "off". Raises ValueError on anything else."""
    if text == OFF:
        return None
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{_EXPECTED}, got {text!r}")
    rate = Rate(int(match["count"]), int(match["number"] or 1) * _UNIT_S[match["unit"]])
    if not 0 < rate.count <= rate.period_us:
        raise ValueError(f"expected between one and a million a second, got {text!r}")
    return rate


def check_settings() -> None:
    """Raise `ImproperlyConfigured` for a mistake in the deployment's budgets.

    Call it once all apps have declared theirs.
    """
    given: object = conf().budgets
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured(f"BELLWIRE_BUDGETS: expected a JSON object, got {given!r}")
    for name, text in given.items():
        if name not in _declared:
            known = ", ".join(sorted(_declared))
            raise ImproperlyConfigured(
                f"BELLWIRE_BUDGETS: there is no budget {name!r}; there are {known}"
            )
        try:
            parse_rate(text if isinstance(text, str) else repr(text))
        except ValueError as error:
            raise ImproperlyConfigured(f"BELLWIRE_BUDGETS: {name}: {error}") from None
    if not conf().budget_scale > 0:
        raise ImproperlyConfigured(
            "BELLWIRE_BUDGET_SCALE: expected a number above 0, got "
            f"{conf().budget_scale}; BELLWIRE_THROTTLES=off turns all budgets off"
        )


def of_user(user_id: int) -> str:
    """Return the caller key of a user, which is the same on every transport."""
    return f"user:{user_id}"


def draw(caller: str, budgets: Iterable[Budget], *, tokens: int = 1) -> None:
    """Spend `tokens` of each of the caller's budgets, or of none of them.

    May wait up to `BELLWIRE_BUDGET_WAIT_S` for Redis, so do not call it while holding a lock.
    Raises `RealtimeError` RATE_LIMITED with `retry_after`.
    """
    if not conf().throttles:
        return
    draws = [
        Draw(f"{caller}:{budget.name}", rate.cost_us(tokens), rate.period_us)
        for budget in budgets
        if (rate := budget.rate()) is not None
    ]
    if not draws:
        return
    wait_us = budget_store.draw(caller, draws)
    if wait_us > 0:
        raise RealtimeError(
            ErrorCode.RATE_LIMITED,
            "Too many of these in a short time; try again later",
            retry_after=max(math.ceil(wait_us / _US), 1),
        )


def spending(
    budgets: Sequence[Budget], handler: Callable[Concatenate[Principal, P], R]
) -> Callable[Concatenate[Principal, P], R]:
    """Return `handler`, wrapped to draw the caller's budgets before it runs."""

    def drawn(principal: Principal, /, *args: P.args, **kwargs: P.kwargs) -> R:
        draw(of_user(principal.user_id), budgets)
        return handler(principal, *args, **kwargs)

    _drawn_by[drawn] = budgets
    return drawn


def drawn_by(handler: Callable[..., object]) -> Sequence[Budget]:
    """Return the budgets that a handler wrapped by `spending` draws, or none."""
    return _drawn_by.get(handler, ())
