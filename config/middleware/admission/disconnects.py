"""Waits for a slot, and stops waiting when the client disconnects."""

import asyncio
from typing import Any

from config.middleware.admission.queue import Admission


async def enter(
    admission: Admission, receive: Any, lane: str, *, group: str = "", rank: int = 0
) -> Any:
    """Acquire a slot, waiting for it if necessary. Returns the `receive` to continue with.

    Raises `BusyError` as `Admission.enter` does, also when the client disconnects.
    """
    if not admission.must_wait(lane):
        await admission.enter(lane)
        return receive
    received: list[Any] = []
    watching = asyncio.ensure_future(_watch_disconnect(receive, received))
    try:
        await admission.enter(lane, watching, group=group, rank=rank)
    finally:
        watching.cancel()
    return replay(received, receive)


def replay(messages: list[Any], receive: Any) -> Any:
    """Return a `receive` that yields `messages` before those of `receive`."""
    rest = messages[::-1]

    async def replaying() -> Any:
        return rest.pop() if rest else await receive()

    return replaying


async def _watch_disconnect(receive: Any, received: list[Any]) -> None:
    """Receive messages until the client disconnects; ASGI reports a disconnect in no other way."""
    while not received or received[-1]["type"] != "http.disconnect":
        received.append(await receive())
