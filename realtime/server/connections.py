"""Limits a process's connections: in all, and per address.

A process without free file descriptors can accept nothing, so the cap is below their limit. At the
cap, a new connection replaces one that has sent no complete request yet, of the address with the
most of those. An honest client sends its request at once, so an attacker that holds or keeps
opening silent connections displaces only its own.
"""

import logging
import resource
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from uvicorn.server import ServerState

from realtime.protocol.addresses import network_of

logger = logging.getLogger(__name__)

# Descriptors reserved for the database, Redis, files, child processes, and closing sockets: a
# quarter of a small limit, and never more than `_RESERVE_MOST`.
_RESERVE_SHARE = 4
_RESERVE_MOST = 512
# Some systems allow 10^9, and programs that iterate over all descriptors then take minutes.
_DESCRIPTORS_MOST = 1_048_576
# The oldest connections considered for eviction: few, as each new connection checks them.
_CANDIDATES = 64
# The share of the cap for connections whose first request is not complete. They last as long as a
# request head takes, so even a thousand pages that reconnect at once are far fewer.
_WITHOUT_REQUEST_SHARE = 2


class Connection(Protocol):
    """A connection in the table."""

    def cut(self) -> None:
        """Close at once, and call `remove`."""


@dataclass(frozen=True, slots=True)
class Caps:
    """The maximum number of connections: in all, and per address."""

    connections: int
    per_address: int


class ConnectionTable:
    """The connections of one process. `is_trusted` recognises proxies, which have many clients."""

    def __init__(self, caps: Caps, *, is_trusted: Callable[[str], bool]) -> None:
        self._caps = caps
        self._is_trusted = is_trusted
        self._addresses: dict[Connection, str] = {}
        self._of_address: Counter[str] = Counter()
        # Oldest first: connections without a request so far, and those between two requests.
        self._without_request: OrderedDict[Connection, None] = OrderedDict()
        self._without_request_of_address: Counter[str] = Counter()
        self._idle: OrderedDict[Connection, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._addresses)

    def add(self, connection: Connection, host: str) -> bool:
        """Add a connection, replacing another if necessary. Returns False if it must be closed."""
        address = "" if self._is_trusted(host) else network_of(host)
        if address and self._of_address[address] >= self._caps.per_address:
            return False
        if len(self._without_request) >= max(1, self._caps.connections // _WITHOUT_REQUEST_SHARE):
            self._eviction_candidate().cut()
        while len(self._addresses) >= self._caps.connections:
            least = (
                self._eviction_candidate()
                if self._without_request
                else next(iter(self._idle), None)
            )
            if least is None:
                return False
            least.cut()
        self._addresses[connection] = address
        self._without_request[connection] = None
        if address:
            self._of_address[address] += 1
            self._without_request_of_address[address] += 1
        return True

    def _eviction_candidate(self) -> Connection:
        """Return the oldest connection without a request, of the address with the most of them."""
        oldest = islice(self._without_request, _CANDIDATES)
        return max(oldest, key=lambda each: self._without_request_of_address[self._addresses[each]])

    def mark_requested(self, connection: Connection) -> None:
        """Record that the connection has sent a complete request."""
        if connection in self._without_request:
            del self._without_request[connection]
            address = self._addresses.get(connection, "")
            if address:
                self._without_request_of_address[address] -= 1
                if not self._without_request_of_address[address]:
                    del self._without_request_of_address[address]
        self._idle.pop(connection, None)

    def mark_idle(self, connection: Connection) -> None:
        """Record that its requests are answered, and the connection is idle."""
        if connection in self._addresses:
            self._idle[connection] = None

    def replace(self, connection: Connection, successor: Connection) -> None:
        """Record that another protocol object handles the connection from now on."""
        self.mark_requested(connection)
        if connection in self._addresses:
            self._addresses[successor] = self._addresses.pop(connection)

    def remove(self, connection: Connection) -> None:
        """Remove a closed connection; idempotent."""
        self.mark_requested(connection)
        address = self._addresses.pop(connection, "")
        if address:
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]


class TableState(ServerState):
    """uvicorn's shared state of a server, extended by the table."""

    def __init__(self, table: ConnectionTable) -> None:
        super().__init__()
        self.table = table


def raise_descriptor_limit() -> None:
    """Raise the soft limit of file descriptors to the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _DESCRIPTORS_MOST if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS_MOST)
    if most > soft >= 0:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def connection_cap(wanted: int) -> int:
    """Return `wanted`, or (for 0) as many as the limit of descriptors allows."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        soft = _DESCRIPTORS_MOST
    possible = max(1, soft - min(soft // _RESERVE_SHARE, _RESERVE_MOST))
    if wanted > possible:
        logger.warning(
            "BELLWIRE_CONNECTIONS is %d, but the limit of open files allows %d", wanted, possible
        )
    return min(wanted, possible) if wanted else possible
