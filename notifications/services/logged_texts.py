"""Redacts logged notifications: deleted ones are not replayed, and edited ones as they are now.

The owners of the notifications must be locked, or the broadcasts' clock.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from accounts.topics import user_topic
from notifications.live.topics import BROADCAST
from notifications.models import Notification, Status
from notifications.sql.rows import Deleted
from notifications.texts import TEMPLATES
from realtime import Sought, redact_all, redact_first

SENT = "notification"
UPDATED = "notification.updated"


def blank_logged(deleted: Iterable[Deleted], *, at: str) -> None:
    """Blank notifications in the log that were deleted at the time `at`."""

    def blank(shown: dict[str, Any]) -> dict[str, Any]:
        nothing: dict[str, Any] = {"title": "", "message": "", "link": None, "data": {}}
        # Empty, so that the title is not made again from its type.
        nothing[TEMPLATES] = {}
        references = {"reference_id": None, "reference_type": None}
        # Clients do not alert the user to a read notification.
        ended = {"status": str(Status.READ), "read_at": at, "deleted_at": at}
        return {**shown, **nothing, **references, **ended}

    near: list[Sought] = []
    anywhere: list[Sought] = []
    for one in deleted:
        is_near = one.logged_after is not None and not one.was_edited
        (near if is_near else anywhere).append(_sought(one.id, one.user_id, one.logged_after))
    redact_first(near, event_type=SENT, change=blank)
    redact_all(anywhere, types=(SENT, UPDATED), change=blank)


def replace_logged_message(rows: Iterable[Notification], *, message: str) -> None:
    """Replace the message of notifications, none of which is deleted, in the log."""

    def replace(shown: dict[str, Any]) -> dict[str, Any]:
        return {**shown, "message": message}

    redact_all(list(_sought_rows(rows)), types=(SENT, UPDATED), change=replace)


def _sought_rows(rows: Iterable[Notification]) -> Iterator[Sought]:
    for row in rows:
        yield _sought(row.pk, row.user_id, row.logged_after)


def _sought(row_id: int, user_id: int | None, after: int | None) -> Sought:
    topic = BROADCAST if user_id is None else user_topic(user_id)
    # The beginning of the JSON that notifications/payload.py makes.
    return Sought(topic, after or 0, f'{{"id":{row_id},')
