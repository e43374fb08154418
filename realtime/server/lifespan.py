"""Starts and stops the engine under any ASGI server: with its lifespan, or the first request."""

import asyncio
from contextlib import suppress
from typing import Protocol

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from realtime.conf import conf
from realtime.fanout.hub import Hub
from realtime.server.signals import finish_before_sigterm

# How often to check whether all connections have ended.
CHECK_S = 0.05


class Engine(Protocol):
    """The object to start and stop: `realtime.runtime.Runtime`."""

    hub: Hub

    @property
    def started(self) -> bool: ...

    def is_draining(self) -> bool: ...

    def start(self) -> None: ...

    async def drain(self) -> None: ...

    async def stop(self) -> None: ...


def with_lifespan(engine: Engine, application: ASGI3Application) -> ASGI3Application:
    """Return the application, with the engine started before its first request."""

    async def finish() -> None:
        await _finish(engine)

    async def with_engine(
        scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(engine, receive, send)
            return
        if not engine.started and not engine.is_draining():
            engine.start()
            finish_before_sigterm(finish)
        await application(scope, receive, send)

    return with_engine


async def _lifespan(engine: Engine, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            engine.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await engine.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _finish(engine: Engine) -> None:
    """Drain and stop, as our own server does, for a server that does neither."""
    with suppress(TimeoutError):
        async with asyncio.timeout(conf().drain_s):
            await engine.drain()
            while engine.hub.connections:  # noqa: ASYNC110 - whoever leaves tells nobody
                await asyncio.sleep(CHECK_S)
    await engine.stop()
