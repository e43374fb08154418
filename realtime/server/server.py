"""uvicorn, started and drained by ourselves.

Stock uvicorn sends 1012 to everybody at once, then waits without limit for open streams, and tells
the application only after that. Here a shutdown goes in stages: listeners, then the application's
own drain (which says goodbye by the protocol), then uvicorn's.
"""

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import cast

import uvicorn
from uvicorn.middleware.proxy_headers import _TrustedHosts

from realtime.server.connections import (
    Caps,
    ConnectionTable,
    TableState,
    connection_cap,
    raise_descriptor_limit,
)
from realtime.server.http import StreamProtocol
from realtime.server.limits import server_limits
from realtime.server.protocol import DirectProtocol

logger = logging.getLogger(__name__)

# Accepted sockets inherit it. The kernel's own choice swallows 4 MB before anybody notices that
# a client does not read.
SEND_BUFFER = 128 * 1024
# A thousand pages that come back at once after a restart.
BACKLOG = 4096
# A memory guard only: the session enforces the protocol's limit, and says why.
MAX_MESSAGE = 64 * 1024


class Server(uvicorn.Server):
    """A uvicorn server that drains in stages."""

    def __init__(
        self, config: uvicorn.Config, *, drain: Callable[[], Awaitable[None]], patience_s: float
    ) -> None:
        super().__init__(config)
        raise_descriptor_limit()
        limits = server_limits()
        caps = Caps(connection_cap(limits.connections), limits.connections_per_address)
        proxies = _TrustedHosts(config.forwarded_allow_ips)
        self.server_state = TableState(ConnectionTable(caps, is_trusted=proxies.__contains__))
        self._drain = drain
        self._patience_s = patience_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        await self._drain()
        try:
            async with asyncio.timeout(self._patience_s):
                while self.server_state.connections and not self.force_exit:
                    self._close_idle()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            logger.warning("%d connections did not end", len(self.server_state.connections))
        # Whoever is left is cut off, so that super() has nobody to wait for.
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        await super().shutdown()
        # uvicorn raises what it caught again: an orderly end would look like a death by the signal.
        self._captured_signals = [one for one in self._captured_signals if one != signal.SIGTERM]

    def _close_idle(self) -> None:
        """Keep-alive connections with no request under way would be waited for in vain."""
        for connection in list(self.server_state.connections):
            if not isinstance(connection, DirectProtocol):
                connection.shutdown()


def configuration(application: str, *, host: str, port: int) -> uvicorn.Config:
    """How uvicorn runs Bellwire."""
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        loop="uvloop",
        http=StreamProtocol,
        ws=DirectProtocol,
        ws_max_size=MAX_MESSAGE,
        # The sessions' heartbeats do it, on every server alike.
        ws_ping_interval=None,
        # On, it halves the speed and doubles the memory.
        ws_per_message_deflate=False,
        lifespan="on",
        backlog=BACKLOG,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=cast("int", server_limits().keep_alive_s),
        proxy_headers=True,
    )


def adopt(fd: int) -> socket.socket:
    """A listening socket that the parent process has opened."""
    listener = socket.socket(fileno=fd)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def listen(host: str, port: int) -> socket.socket:
    """A listening socket whose connections hold little for a client that does not read."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener
