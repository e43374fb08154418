"""uvicorn with its own start and a drain in stages.

Stock uvicorn sends 1012 to everybody at once, then waits without limit for open streams, and
notifies the application only after that. Here a shutdown has stages: listeners, then the
application's own drain (which closes by the protocol), then uvicorn's.
"""

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import cast

import uvicorn
from uvicorn.middleware.proxy_headers import _TrustedHosts

from realtime.server.conf import conf
from realtime.server.connections import (
    Caps,
    ConnectionTable,
    TableState,
    connection_cap,
    raise_descriptor_limit,
)
from realtime.server.http import StreamProtocol
from realtime.server.protocol import DirectProtocol

logger = logging.getLogger(__name__)

# Inherited by accepted sockets. The kernel's default buffers 4 MB before the server notices that a
# client does not read.
SEND_BUFFER = 128 * 1024
# For a thousand pages that reconnect at once after a restart.
BACKLOG = 4096
# Only protects memory: the session enforces the protocol's limit, and sends the reason.
MAX_MESSAGE = 64 * 1024
# How often to check whether all connections have ended.
CHECK_S = 0.05


class Server(uvicorn.Server):
    """A uvicorn server that drains in stages."""

    def __init__(
        self, config: uvicorn.Config, *, drain: Callable[[], Awaitable[None]], patience_s: float
    ) -> None:
        super().__init__(config)
        raise_descriptor_limit()
        limits = conf()
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
        drain = asyncio.ensure_future(self._drain())
        try:
            async with asyncio.timeout(self._patience_s):
                # Meanwhile too: a balancer would send requests over connections that it has kept.
                while not self.force_exit and (self.server_state.connections or not drain.done()):
                    self._close_idle()
                    await asyncio.sleep(CHECK_S)
        except TimeoutError:
            logger.warning("%d connections did not end", len(self.server_state.connections))
        if not drain.cancel():
            drain.result()
        # Abort the remaining connections, so that super() does not wait for them.
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        await super().shutdown()
        # uvicorn re-raises captured signals: an orderly exit would look like a death by the signal.
        self._captured_signals = [one for one in self._captured_signals if one != signal.SIGTERM]

    def _close_idle(self) -> None:
        """Close keep-alive connections without a request, which would be waited for in vain."""
        for connection in list(self.server_state.connections):
            if not isinstance(connection, DirectProtocol):
                connection.shutdown()


def configuration(
    application: str, *, host: str, port: int, proxies: str | None = None
) -> uvicorn.Config:
    """Return the configuration with which uvicorn runs Bellwire.

    `proxies` are those whose `X-Forwarded-*` are believed, by default uvicorn's own.
    """
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        loop="uvloop",
        http=StreamProtocol,
        ws=DirectProtocol,
        ws_max_size=MAX_MESSAGE,
        # The sessions have their own heartbeats, on every server.
        ws_ping_interval=None,
        # Compression halves the speed and doubles the memory.
        ws_per_message_deflate=False,
        lifespan="on",
        backlog=BACKLOG,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=cast("int", conf().keep_alive_s),
        proxy_headers=True,
        forwarded_allow_ips=proxies,
    )


def adopt(fd: int) -> socket.socket:
    """Return a listening socket that the parent process has opened."""
    listener = socket.socket(fileno=fd)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket whose connections buffer little for a client that does not read."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener
