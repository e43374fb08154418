"""Limits the memory that a process spends on one purpose, in total and for each address."""

from collections import Counter


class ByteBudget:
    """Limits the bytes held at once.

    The first `free` bytes of each holding are not counted, so small requests go on while large ones
    have used up the budget. One `owner` gets at most `share` of the total. After a holding was
    refused, no other is begun until `room` bytes are free again (at most half of the total): many
    clients that retry would otherwise fill what little is free, and their bytes would be read for
    nothing.
    """

    def __init__(self, total: int, *, share: float, free: int, room: int = 0) -> None:
        self._total = total
        self._per_owner = int(total * share)
        self._free = free
        self._room = min(room, total // 2)
        self._owner_room = min(room, self._per_owner // 2)
        self._used = 0
        self._used_by_owner: Counter[str] = Counter()
        self._is_full = False
        self._full_owners: set[str] = set()

    @property
    def used(self) -> int:
        """Return the counted bytes held now."""
        return self._used

    def hold(self, owner: str) -> "Holding":
        """Return an empty holding; its `release` must be called."""
        return Holding(self, owner)

    def reserve(self, owner: str, before: int, after: int) -> bool:
        """Reserve the bytes by which a holding grows. False, and nothing reserved, if there is no
        room.
        """
        more = max(0, after - self._free) - max(0, before - self._free)
        if not more:
            return True
        if before <= self._free and not self._may_begin(owner):
            return False
        if self._used + more > self._total:
            self._is_full = True
            return False
        if self._used_by_owner[owner] + more > self._per_owner:
            # An owner without a holding has asked for more than its whole share.
            if owner in self._used_by_owner:
                self._full_owners.add(owner)
            return False
        self._used += more
        self._used_by_owner[owner] += more
        return True

    def _may_begin(self, owner: str) -> bool:
        if self._is_full:
            self._is_full = self._used + self._room > self._total
        if self._used_by_owner[owner] + self._owner_room <= self._per_owner:
            self._full_owners.discard(owner)
        return not self._is_full and owner not in self._full_owners

    def release(self, owner: str, size: int) -> None:
        """Release the bytes of a holding of `size` bytes."""
        less = max(0, size - self._free)
        self._used -= less
        self._used_by_owner[owner] -= less
        if not self._used_by_owner[owner]:
            del self._used_by_owner[owner]
            self._full_owners.discard(owner)


class Holding:
    """The bytes that one request holds of a budget."""

    def __init__(self, budget: ByteBudget, owner: str) -> None:
        self._budget = budget
        self._owner = owner
        self._size = 0

    def grow(self, size: int) -> bool:
        """Hold `size` more bytes. False if the budget has no room for them."""
        if not self._budget.reserve(self._owner, self._size, self._size + size):
            return False
        self._size += size
        return True

    def release(self) -> None:
        """Release all bytes; repeating it changes nothing."""
        self._budget.release(self._owner, self._size)
        self._size = 0
