"""Transactions: actions that wait for their COMMIT."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from realtime.protocols.stomp.codec.errors import StompError, quoted
from realtime.protocols.stomp.codec.limits import Limits

Item = TypeVar("Item")


@dataclass(slots=True)
class _Transaction(Generic[Item]):
    items: list[Item] = field(default_factory=list)
    size: int = 0


class Transactions(Generic[Item]):
    """The open transactions of one connection, independent of each other; bounded."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: dict[str, _Transaction[Item]] = {}
        self._size = 0

    def begin(self, name: str) -> None:
        if name in self._open:
            raise StompError(f"Transaction {quoted(name)} has already begun")
        if len(self._open) >= self._limits.transactions:
            raise StompError(f"More than {self._limits.transactions} open transactions")
        self._open[name] = _Transaction()

    def add(self, name: str, item: Item, size: int) -> None:
        """Add an item that takes `size` bytes of memory."""
        transaction = self._open.get(name)
        if transaction is None:
            raise _unknown(name)
        if len(transaction.items) >= self._limits.transaction_frames:
            raise StompError(
                f"More than {self._limits.transaction_frames} frames in one transaction"
            )
        if self._size + size > self._limits.transaction_bytes:
            raise StompError(
                "The open transactions hold more than is allowed",
                f"At most {self._limits.transaction_bytes} bytes",
                too_large=True,
            )
        transaction.items.append(item)
        transaction.size += size
        self._size += size

    def end(self, name: str) -> list[Item]:
        """End a transaction (COMMIT or ABORT); return its items, in order."""
        transaction = self._open.pop(name, None)
        if transaction is None:
            raise _unknown(name)
        self._size -= transaction.size
        return transaction.items

    def clear(self) -> None:
        self._open.clear()
        self._size = 0


def _unknown(name: str) -> StompError:
    return StompError(f"There is no open transaction {quoted(name)}")
