"""The unread counters, which are also the locks of what is each user's."""

from collections.abc import Iterable, Mapping

from notifications import sql


def hold(users: Iterable[int], *, add: int = 0) -> None:
    """Lock these users' notifications until the unit of work ends, and count `add` (0 or 1) more.

    Whoever reads rows in order to write them reads them after this. What the users' topics have
    of notifications then stands still too, since all who publish such hold this lock.
    """
    sql.hold_counters(sorted(set(users)), add=add)


def change(deltas: Mapping[int, int]) -> None:
    """Add to the counts of users who are held; a delta of 0 changes nothing, nor the version."""
    moved = {user_id: delta for user_id, delta in deltas.items() if delta}
    if moved:
        sql.change_counters(moved)
