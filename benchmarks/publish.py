"""`python -m benchmarks.publish bellwire|channels`: the process that publishes.

For each line `first count size` on standard input it publishes that many events at once, then
prints the moment (CLOCK_MONOTONIC, seconds) before it began.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.events import events

Publish = Callable[[list[dict[str, Any]]], None]


def bellwire() -> Publish:
    """Publish as a service does: one transaction, then hints through Redis."""
    # Django has to be set up first; the textbook server needs none.
    import django

    django.setup()
    from realtime.publishing import publish, unit_of_work

    def send(batch: list[dict[str, Any]]) -> None:
        with unit_of_work():
            for data in batch:
                publish("broadcast", "notification", data)

    return send


def channels() -> Publish:
    """Publish as the tutorial does: one `group_send` per event."""
    # Only this server uses it.
    from channels_redis.pubsub import RedisPubSubChannelLayer

    layer = RedisPubSubChannelLayer(hosts=[os.environ["REDIS_URL"]])
    loop = asyncio.new_event_loop()

    async def send(batch: list[dict[str, Any]]) -> None:
        for data in batch:
            await layer.group_send("broadcast", {"type": "notification", "data": data})

    return lambda batch: loop.run_until_complete(send(batch))


def main() -> None:
    send = {"bellwire": bellwire, "channels": channels}[sys.argv[1]]()
    print("ready", flush=True)
    for line in sys.stdin:
        batch = events(line)
        began = time.monotonic()
        send(batch)
        print(began, flush=True)


if __name__ == "__main__":
    main()
