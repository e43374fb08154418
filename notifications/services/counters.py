"""The unread counters, which are also the locks of each user's notifications."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from notifications import selectors, types
from notifications.sql import counters
from realtime import unit_of_work


class CounterDelta:
    """Collects changes of unread counts, by user and category."""

    def __init__(self) -> None:
        self._own: Counter[tuple[int, str]] = Counter()
        self._everyones: Counter[tuple[int, str]] = Counter()

    def add_own(self, user_id: int, type_name: str, amount: int) -> None:
        """Add to the user's own."""
        self._own[user_id, types.category_of(type_name)] += amount

    def add_broadcast(self, user_id: int, type_name: str, amount: int) -> None:
        """Add to the broadcasts of this user."""
        self._everyones[user_id, types.category_of(type_name)] += amount

    def apply(self) -> None:
        """Write the changes in categories that are not muted. The users must be locked.

        Changes of zero write nothing, not even the version.
        """
        rows = [
            (user_id, category, self._own[user_id, category], self._everyones[user_id, category])
            for user_id, category in sorted({*self._own, *self._everyones})
        ]
        if any(own or everyones for _, _, own, everyones in rows):
            counters.change(rows)


def hold(users: Iterable[int]) -> None:
    """Lock these users' notifications until the unit of work ends.

    Rows to be written must be read after this. The notification events of the users' topics do not
    change meanwhile either, since all their publishers hold this lock.
    """
    counters.hold(sorted(set(users)))


def join(users: Collection[int]) -> None:
    """Create counters for new users: earlier broadcasts are not theirs.

    Decided by the broadcasts' clock rather than times of day, in the transaction that creates them.
    """
    counters.join(sorted(users))


def hold_broadcasts() -> int:
    """Lock the broadcasts until the unit of work ends, before any user. Returns the clock's
    time.
    """
    return counters.tick()


def settle(users: Iterable[int]) -> None:
    """Recount the broadcasts of users whose counts have become costly to read."""
    with unit_of_work():
        held = sorted(set(users))
        counters.hold(held)
        counters.settle(held)


def unread(user_id: int) -> selectors.Unread:
    """Return the user's unread count."""
    return unread_of([user_id])[user_id]


def unread_of(users: Collection[int]) -> Mapping[int, selectors.Unread]:
    """Return the unread count of each user, settling those that are due."""
    found = selectors.unread_of(users)
    due = [user_id for user_id, unread in found.items() if unread.is_unsettled]
    if due:
        settle(due)
        found.update(selectors.unread_of(due))
    return found
