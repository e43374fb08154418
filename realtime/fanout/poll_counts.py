"""Counts the waiting long polls of each user at this instance."""

from collections import Counter


class PollCounts:
    """Counted before anything is read, so that an excess poll costs no query."""

    def __init__(self) -> None:
        self._waiting: Counter[int] = Counter()

    def enter(self, user_id: int, most: int) -> bool:
        """Count one more. Returns False if the user already has `most`."""
        if self._waiting[user_id] >= most:
            return False
        self._waiting[user_id] += 1
        return True

    def leave(self, user_id: int) -> None:
        """Count one less."""
        self._waiting[user_id] -= 1
        if not self._waiting[user_id]:
            del self._waiting[user_id]
