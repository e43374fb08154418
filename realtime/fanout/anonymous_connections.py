"""Connections that nobody has signed in to yet: so many at once, the oldest makes room."""

from collections import Counter, OrderedDict
from collections.abc import Callable
from itertools import islice

from realtime.limits import limits

# The oldest so many are looked at for the one that makes room: few, as it is done for each new one.
_LOOKED_AT = 64


class AnonymousConnections:
    """One per process; one loop's only.

    An honest client signs in at once. Whoever opens connections and does not only takes the places
    of their own: of the oldest, one of the address that has most of them is sent away.
    """

    def __init__(self) -> None:
        self._addresses: OrderedDict[Callable[[], None], str] = OrderedDict()
        self._of_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._addresses)

    def add(self, address: str, send_away: Callable[[], None]) -> Callable[[], None]:
        """Count one. Returns what ends that; calling it twice is fine.

        `send_away` is called if it is to make room, and must end it as well.
        """
        while len(self._addresses) >= max(1, limits().max_strangers):
            self._makes_room()

        def leave() -> None:
            send_away()

        # A key of its own, should two be sent away by the same function.
        self._addresses[leave] = address
        self._of_address[address] += 1
        return lambda: self._remove(leave)

    def _makes_room(self) -> None:
        oldest = islice(self._addresses, _LOOKED_AT)
        leave = max(oldest, key=lambda each: self._of_address[self._addresses[each]])
        self._remove(leave)
        leave()

    def _remove(self, leave: Callable[[], None]) -> None:
        address = self._addresses.pop(leave, None)
        if address is None:
            return
        self._of_address[address] -= 1
        if not self._of_address[address]:
            del self._of_address[address]
