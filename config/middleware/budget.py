"""Memory that one process spends on something at the most, and each client address of it."""

from collections import Counter


class ByteBudget:
    """Bytes that may be held at once.

    `free` bytes of each holding are not counted, so that small ones go on while large ones have
    used everything up. One `owner` gets `share` of the total at the most.

    Once a holding was refused, no other is begun until `room` bytes are there again, half of what
    there is at the most: many that come again and again would fill what little is left, and each
    byte of theirs is read for nothing.
    """

    def __init__(self, total: int, *, share: float, free: int, room: int = 0) -> None:
        self._total = total
        self._per_owner = int(total * share)
        self._free = free
        self._room = min(room, total // 2)
        self._owner_room = min(room, self._per_owner // 2)
        self._used = 0
        self._used_by: Counter[str] = Counter()
        self._is_full = False
        self._full_owners: set[str] = set()

    @property
    def used(self) -> int:
        """Bytes held now, without what is not counted."""
        return self._used

    def hold(self, owner: str) -> "Holding":
        """An empty holding; `release` it."""
        return Holding(self, owner)

    def take(self, owner: str, before: int, after: int) -> bool:
        """Let a holding grow. False, and nothing taken, if that is more than there is."""
        more = max(0, after - self._free) - max(0, before - self._free)
        if not more:
            return True
        if before <= self._free and not self._may_begin(owner):
            return False
        if self._used + more > self._total:
            self._is_full = True
            return False
        if self._used_by[owner] + more > self._per_owner:
            # Who holds nothing has asked for more than anybody gets.
            if owner in self._used_by:
                self._full_owners.add(owner)
            return False
        self._used += more
        self._used_by[owner] += more
        return True

    def _may_begin(self, owner: str) -> bool:
        if self._is_full:
            self._is_full = self._used + self._room > self._total
        if self._used_by[owner] + self._owner_room <= self._per_owner:
            self._full_owners.discard(owner)
        return not self._is_full and owner not in self._full_owners

    def give_back(self, owner: str, size: int) -> None:
        """What a holding of `size` bytes had taken."""
        less = max(0, size - self._free)
        self._used -= less
        self._used_by[owner] -= less
        if not self._used_by[owner]:
            del self._used_by[owner]
            self._full_owners.discard(owner)


class Holding:
    """What one request holds of a budget."""

    def __init__(self, budget: ByteBudget, owner: str) -> None:
        self._budget = budget
        self._owner = owner
        self._size = 0

    def grow(self, size: int) -> bool:
        """Hold so many bytes more. False if the budget has no room for them."""
        if not self._budget.take(self._owner, self._size, self._size + size):
            return False
        self._size += size
        return True

    def release(self) -> None:
        """Give all of it back; again, nothing more."""
        self._budget.give_back(self._owner, self._size)
        self._size = 0
