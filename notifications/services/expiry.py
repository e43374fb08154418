"""Deletes expired notifications. Runs on every instance."""

from notifications import limits, selectors
from notifications.services.removal import remove_any
from realtime import database_now, unit_of_work


def delete_expired() -> int:
    """Delete expired notifications, up to the limit of a run. Returns their number."""
    deleted = 0
    for _ in range(limits.EXPIRE_ROUNDS):
        # Queried outside the transaction: nearly always there is nothing to lock.
        found = selectors.expired(at=database_now(), limit=limits.EXPIRE_ROWS)
        if found:
            with unit_of_work():
                deleted += remove_any(found)
        if len(found) < limits.EXPIRE_ROWS:
            break
    return deleted
