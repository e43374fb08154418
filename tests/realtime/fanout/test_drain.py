"""A drain's steps: how many connections are closed at each, whatever their number."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, cast

import pytest

from realtime.conf import conf
from realtime.fanout import drain
from realtime.fanout.connection import Connection
from realtime.protocol.errors import Close

pytestmark = pytest.mark.once


class Closable:
    """A connection that remembers why it was closed."""

    def __init__(self) -> None:
        self.closed: Close | None = None

    def close(self, close: Close) -> None:
        self.closed = close


@pytest.fixture(autouse=True)
def _defaults() -> Iterator[None]:
    conf.forget()
    yield
    conf.forget()


async def steps_of(total: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many are closed at each step."""
    connections = [Closable() for _ in range(total)]
    closed: list[int] = [0]
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        closed.append(sum(one.closed is not None for one in connections))

    monkeypatch.setattr(asyncio, "sleep", pause)
    await drain.close_in_steps(cast(list[Connection], connections))
    assert {one.closed for one in connections} <= {Close.DRAINING}
    assert set(pauses) <= {conf().drain_step_s}
    closed.append(total)
    return [after - before for before, after in pairwise(closed)]


@pytest.mark.parametrize(
    ("total", "steps"),
    [
        (0, [0]),
        (1, [1]),
        (3, [1, 1, 1]),
        (80, [1] * 80),
        (2_000, [25] * 80),
    ],
)
async def test_connections_are_closed_in_equal_steps(
    total: int, steps: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await steps_of(total, monkeypatch) == steps


@pytest.mark.parametrize("total", [81, 137, 999, 2_001])
async def test_no_second_has_more_than_a_quarter(
    total: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = await steps_of(total, monkeypatch)
    a_second = round(1 / conf().drain_step_s)

    assert sum(steps) == total
    assert max(sum(steps[at : at + a_second]) for at in range(len(steps))) <= total / 4


async def test_closing_takes_at_most_half_of_the_drain(
    monkeypatch: pytest.MonkeyPatch, limited: Callable[..., Any]
) -> None:
    limited(drain_s=1.0)

    assert await steps_of(1_000, monkeypatch) == [200] * 5
