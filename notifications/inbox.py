"""A user's list as a sequence that is read one page at a time."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from notifications import selectors, types
from notifications.models import Notification, Receipt, Status
from notifications.sql.inbox import Wanted, page_of_ids


class Inbox:
    """The user's own notifications and broadcasts, newest first, without muted ones.

    Only slices are read, each in a fixed number of statements however long the list is. Broadcasts
    have this user's `read_at`.
    """

    def __init__(
        self,
        user_id: int,
        *,
        status: Status | None = None,
        type_name: str | None = None,
        category: str | None = None,
    ) -> None:
        self._user_id = user_id
        self._read = None if status is None else status is Status.READ
        self._type = type_name
        self._category = category

    # The order of the list; ids are unique over both kinds.
    order = ("-created_at", "-id")

    def __getitem__(self, part: slice) -> list[Notification]:
        ids = self._ids(part.start or 0, part.stop, None)
        return self._shown(ids, Notification.objects.in_bulk(ids))

    def read(
        self, *, offset: int, limit: int, after: tuple[Any, ...] | None
    ) -> tuple[list[Notification], tuple[Any, ...] | None]:
        """Return rows, and the place of the last one if more rows follow."""
        place = None if after is None else (after[0], after[1])
        ids = self._ids(offset, offset + limit + 1, place)
        rows = Notification.objects.in_bulk(ids)
        places = [(rows[row_id].created_at, row_id) for row_id in ids[:limit] if row_id in rows]
        last = places[-1] if places and len(ids) > limit else None
        return self._shown(ids[:limit], rows), last

    def _ids(self, start: int, stop: int, after: tuple[datetime, int] | None) -> list[int]:
        muted = selectors.muted(self._user_id)
        # One type of a category is the narrower filter, and has an index of its own.
        category = self._category if self._type is None else None
        wanted = Wanted(self._user_id, self._read, self._types(muted), muted, category, after)
        return page_of_ids(wanted, start=start, stop=stop)

    def _shown(self, ids: list[int], rows: dict[int, Notification]) -> list[Notification]:
        self._mark_received([row for row in rows.values() if row.user_id is None])
        # Rows deleted since the ids were read are left out.
        return [rows[row_id] for row_id in ids if row_id in rows and not rows[row_id].deleted_at]

    def _types(self, muted: Collection[str]) -> Collection[str] | None:
        listed = types.listed(muted)
        if self._category is not None:
            listed = [] if self._category in muted else types.within(self._category)
        if self._type is None:
            return listed
        return [self._type] if listed is None or self._type in listed else []

    def _mark_received(self, broadcasts: Collection[Notification]) -> None:
        if not broadcasts:
            return
        receipts = Receipt.objects.filter(user=self._user_id, notification__in=broadcasts)
        read = dict(receipts.values_list("notification_id", "read_at"))
        for row in broadcasts:
            row.read_at = read.get(row.pk)
