"""Limits the connections that are not authenticated yet."""

from collections import Counter, OrderedDict
from collections.abc import Callable
from itertools import islice

from realtime.conf import conf

# The oldest connections considered for eviction: few, as each new connection checks them.
_CANDIDATES = 64


class AnonymousConnections:
    """One per process, for its event loop only.

    An honest client authenticates at once. Above the limit, one of the oldest connections is
    closed: that of the address with the most of them, so an attacker displaces only its own.
    """

    def __init__(self) -> None:
        self._addresses: OrderedDict[Callable[[], None], str] = OrderedDict()
        self._of_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._addresses)

    def add(self, address: str, close: Callable[[], None]) -> Callable[[], None]:
        """Count one connection. Returns a function that undoes this (idempotent).

        `close` is called to evict it, and must undo the count as well.
        """
        while len(self._addresses) >= max(1, conf().max_strangers):
            self._evict_one()

        def evict() -> None:
            close()

        # A key of its own, as two connections may pass the same function.
        self._addresses[evict] = address
        self._of_address[address] += 1
        return lambda: self._remove(evict)

    def _evict_one(self) -> None:
        oldest = islice(self._addresses, _CANDIDATES)
        evict = max(oldest, key=lambda each: self._of_address[self._addresses[each]])
        self._remove(evict)
        evict()

    def _remove(self, evict: Callable[[], None]) -> None:
        address = self._addresses.pop(evict, None)
        if address is None:
            return
        self._of_address[address] -= 1
        if not self._of_address[address]:
            del self._of_address[address]
