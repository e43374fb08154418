"""Which connections a process keeps: a cap on all of them, and on those of one address.

A process that has no descriptor left accepts nobody, so the cap is below the limit of descriptors.
At the cap a new connection takes the place of one that has asked for nothing yet, of the address
that has most of those: an honest client sends its request at once, and whoever holds silent
connections, or opens them anew without a pause, only takes the places of their own.
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

# Descriptors for the database, Redis, files, child processes, and sockets that are being closed:
# a quarter where there are few, and never more than so many.
_RESERVE_SHARE = 4
_RESERVE_MOST = 512
# Some systems allow a thousand million, and programs that look at each then take minutes.
_DESCRIPTORS_MOST = 1_048_576
# The oldest so many are looked at for the one that makes room: few, as it is done for each new one.
_LOOKED_AT = 64
# Of the cap, for connections whose first request is not complete. They last as long as a head
# takes, so that even a thousand pages that come back at once are far fewer.
_UNASKED_SHARE = 2


class Connection(Protocol):
    """What is kept count of."""

    def cut(self) -> None:
        """Close at once, and call `remove`."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How many connections there may be: in all, and of one address."""

    connections: int
    per_address: int


class ConnectionTable:
    """The connections of one process. `is_trusted` names proxies, which speak for many clients."""

    def __init__(self, caps: Caps, *, is_trusted: Callable[[str], bool]) -> None:
        self._caps = caps
        self._is_trusted = is_trusted
        self._addresses: dict[Connection, str] = {}
        self._of_address: Counter[str] = Counter()
        # Oldest first: those that have asked for nothing yet, and those between two requests.
        self._unasked: OrderedDict[Connection, None] = OrderedDict()
        self._unasked_of_address: Counter[str] = Counter()
        self._idle: OrderedDict[Connection, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._addresses)

    def add(self, connection: Connection, host: str) -> bool:
        """Keep a new connection, if need be instead of another. False: it must be closed."""
        address = "" if self._is_trusted(host) else network_of(host)
        if address and self._of_address[address] >= self._caps.per_address:
            return False
        if len(self._unasked) >= max(1, self._caps.connections // _UNASKED_SHARE):
            self._makes_room().cut()
        while len(self._addresses) >= self._caps.connections:
            least = self._makes_room() if self._unasked else next(iter(self._idle), None)
            if least is None:
                return False
            least.cut()
        self._addresses[connection] = address
        self._unasked[connection] = None
        if address:
            self._of_address[address] += 1
            self._unasked_of_address[address] += 1
        return True

    def _makes_room(self) -> Connection:
        """The oldest that has asked for nothing yet, of the address that has most of them."""
        oldest = islice(self._unasked, _LOOKED_AT)
        return max(oldest, key=lambda each: self._unasked_of_address[self._addresses[each]])

    def ask(self, connection: Connection) -> None:
        """A request of it is complete."""
        if connection in self._unasked:
            del self._unasked[connection]
            address = self._addresses.get(connection, "")
            if address:
                self._unasked_of_address[address] -= 1
                if not self._unasked_of_address[address]:
                    del self._unasked_of_address[address]
        self._idle.pop(connection, None)

    def rest(self, connection: Connection) -> None:
        """Its request is answered, and there is no other."""
        if connection in self._addresses:
            self._idle[connection] = None

    def replace(self, connection: Connection, successor: Connection) -> None:
        """The same connection goes on by another protocol."""
        self.ask(connection)
        if connection in self._addresses:
            self._addresses[successor] = self._addresses.pop(connection)

    def remove(self, connection: Connection) -> None:
        """It is closed; again, nothing more."""
        self.ask(connection)
        address = self._addresses.pop(connection, "")
        if address:
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]


class TableState(ServerState):
    """uvicorn's state of one server, which every connection is given, with the table in it."""

    def __init__(self, table: ConnectionTable) -> None:
        super().__init__()
        self.table = table


def raise_descriptor_limit() -> None:
    """As many descriptors as the system lets this process have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _DESCRIPTORS_MOST if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS_MOST)
    if most > soft >= 0:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def connection_cap(wanted: int) -> int:
    """`wanted`, or without it (0) as many as the limit of descriptors allows."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        soft = _DESCRIPTORS_MOST
    possible = max(1, soft - min(soft // _RESERVE_SHARE, _RESERVE_MOST))
    if wanted > possible:
        logger.warning(
            "BELLWIRE_CONNECTIONS is %d, but the limit of open files allows %d", wanted, possible
        )
    return min(wanted, possible) if wanted else possible
