"""Waiting for a slot, while one listens whether the client is still there."""

import asyncio
from typing import Any

from config.middleware.admission import Admission


async def enter(
    admission: Admission, receive: Any, lane: str, *, group: str = "", rank: int = 0
) -> Any:
    """Take a slot, now or in turn. Returns the `receive` to go on with.

    Raises `BusyError` as `Admission.enter` does, also when the client leaves.
    """
    if not admission.must_wait(lane):
        await admission.enter(lane)
        return receive
    heard: list[Any] = []
    hearing = asyncio.ensure_future(_hear(receive, heard))
    try:
        await admission.enter(lane, hearing, group=group, rank=rank)
    finally:
        hearing.cancel()
    return replay(heard, receive)


def replay(messages: list[Any], receive: Any) -> Any:
    """A `receive` that first gives again what has been taken."""
    rest = messages[::-1]

    async def replaying() -> Any:
        return rest.pop() if rest else await receive()

    return replaying


async def _hear(receive: Any, heard: list[Any]) -> None:
    """Take what comes until the client leaves: that is how one hears of it."""
    while not heard or heard[-1]["type"] != "http.disconnect":
        heard.append(await receive())
