"""The unread counters, which are also the locks of what is each user's."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from notifications import selectors, types
from notifications.sql import counters
from realtime import unit_of_work


class CounterDelta:
    """How much more or less is unread of whom, collected by user and category."""

    def __init__(self) -> None:
        self._own: Counter[tuple[int, str]] = Counter()
        self._everyones: Counter[tuple[int, str]] = Counter()

    def own(self, user_id: int, type_name: str, by: int) -> None:
        """The user's own."""
        self._own[user_id, types.category_of(type_name)] += by

    def everyones(self, user_id: int, type_name: str, by: int) -> None:
        """What is everyone's, for this user."""
        self._everyones[user_id, types.category_of(type_name)] += by

    def apply(self) -> None:
        """Count it, where it is not muted. The users must be held.

        What comes to nothing for a user changes nothing, nor the version.
        """
        rows = [
            (user_id, category, self._own[user_id, category], self._everyones[user_id, category])
            for user_id, category in sorted({*self._own, *self._everyones})
        ]
        if any(own or everyones for _, _, own, everyones in rows):
            counters.change(rows)


def hold(users: Iterable[int]) -> None:
    """Lock these users' notifications until the unit of work ends.

    Whoever reads rows in order to write them reads them after this. What the users' topics have
    of notifications then stands still too, since all who publish such hold this lock.
    """
    counters.hold(sorted(set(users)))


def join(users: Collection[int]) -> None:
    """Users are being made: what was sent to everyone until now is not theirs.

    Decided by the broadcasts' clock and not by times of day, in the transaction that makes them.
    """
    counters.join(sorted(users))


def hold_broadcasts() -> int:
    """Lock what is everyone's until the unit of work ends. Before any user. Returns its time."""
    return counters.tick()


def settle(users: Iterable[int]) -> None:
    """Count everyone's anew for users whose counts have become costly to read."""
    with unit_of_work():
        held = sorted(set(users))
        counters.hold(held)
        counters.settle(held)


def unread(user_id: int) -> selectors.Unread:
    """The user's unread count."""
    return unread_of([user_id])[user_id]


def unread_of(users: Collection[int]) -> Mapping[int, selectors.Unread]:
    """The same for many; nobody is left out. Settled on the way where that is due."""
    found = selectors.unread_of(users)
    due = [user_id for user_id, unread in found.items() if unread.is_unsettled]
    if due:
        settle(due)
        found.update(selectors.unread_of(due))
    return found
