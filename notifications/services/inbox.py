"""Users' actions on their own notifications. All are idempotent."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson
from django.db.models import Q
from django.utils import timezone

from accounts.topics import user_topic
from api.errors import ApiError, Code
from api.media.renderers import iso_utc
from notifications import limits, selectors, types
from notifications.models import Notification, Receipt
from notifications.services import counters, logged_texts
from notifications.services.removal import remove
from notifications.sql.rows import read_broadcasts
from notifications.sql.run import InValues
from realtime import event_log, publish, unit_of_work


@dataclass(frozen=True, slots=True)
class ReadAll:
    """The number of notifications marked; `read_at` is None if there was none."""

    updated: int
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Which:
    """What to mark: up to an offset of the user's topic, of these types only."""

    up_to: int | None = None
    types: Collection[str] | None = None


EVERYTHING: Final = Which()


def mark_read(*, user_id: int, notification_id: int) -> Notification:
    """Mark one as read. Raises `ApiError` (NOT_FOUND) unless it is the user's and not deleted."""
    with unit_of_work():
        counters.hold([user_id])
        row = selectors.find(user_id, notification_id)
        if row is None:
            raise ApiError(Code.NOT_FOUND, "Not found")
        if row.read_at is None:
            row.read_at = timezone.now()
            delta = counters.CounterDelta()
            if row.user_id is None:
                Receipt.objects.create(user_id=user_id, notification=row, read_at=row.read_at)
                delta.add_broadcast(user_id, row.type, -1)
            else:
                row.save(update_fields=["read_at"])
                delta.add_own(user_id, row.type, -1)
            delta.apply()
            event = {"id": row.pk, "read_at": iso_utc(row.read_at)}
            publish(user_topic(user_id), "notification.read", event)
    return row


def mark_some_read(*, user_id: int, notification_ids: Collection[int]) -> None:
    """Mark the user's own unread ones as read; other ids are ignored."""
    if not notification_ids:
        return
    with unit_of_work():
        counters.hold([user_id])
        now = timezone.now()
        unread = selectors.live(user_id).filter(InValues("id", notification_ids), read_at=None)
        found = list(unread.order_by("pk").values_list("pk", "type"))
        Notification.objects.filter(InValues("id", [pk for pk, _ in found])).update(read_at=now)
        delta = counters.CounterDelta()
        for _, type_name in found:
            delta.add_own(user_id, type_name, -1)
        delta.apply()
        _publish_read(user_id, [pk for pk, _ in found], now)


def mark_all_read(*, user_id: int, which: Which = EVERYTHING) -> ReadAll:
    """Mark all visible notifications of `which` as read.

    The event has the offset of the user's topic and the id of the last broadcast up to which that
    applies. The head read here is right, although the append comes later: no notification gets an
    offset while the user is locked. So is the id: broadcasts commit in the order of their ids.

    For some types only, there is an event for each notification, which clients without support for
    types understand; for very many there is one event with the types.
    """
    with unit_of_work():
        counters.hold([user_id])
        now = timezone.now()
        reach = _reach(user_id, which.up_to)
        rows = selectors.own_unread(user_id).filter(reach.own)
        if which.types is not None:
            rows = rows.filter(type__in=which.types)
        ids = [] if which.types is None else list(rows.order_by("pk").values_list("pk", flat=True))
        own = rows.update(read_at=now)
        broadcasts = read_broadcasts(
            user_id=user_id, up_to=reach.newest_broadcast, at=now, types=which.types
        )
        if not own and not broadcasts:
            return ReadAll(0, None)
        # None of them is muted, so any category will do.
        delta = counters.CounterDelta()
        delta.add_own(user_id, types.SYSTEM, -own)
        delta.add_broadcast(user_id, types.SYSTEM, -len(broadcasts))
        delta.apply()
        if which.types is not None and own + len(broadcasts) <= limits.READ_EVENTS:
            _publish_read(user_id, [*ids, *broadcasts], now)
        else:
            event = {
                "read_at": iso_utc(now),
                "up_to": reach.up_to,
                "broadcasts_up_to": reach.newest_broadcast,
            }
            named = {} if which.types is None else {"types": sorted(which.types)}
            publish(user_topic(user_id), "notification.read_all", event | named)
    return ReadAll(own + len(broadcasts), now)


@dataclass(frozen=True, slots=True)
class _Reach:
    """A condition for the user's own, its offset, and the id of the last broadcast."""

    own: Q
    up_to: int
    newest_broadcast: int


def _reach(user_id: int, up_to: int | None) -> _Reach:
    """Return up to where a locked user reads; with `up_to`, everything before the next event."""
    topic = user_topic(user_id)
    head = event_log.heads([topic])[1].get(topic, 0)
    if up_to is None or up_to >= head:
        return _Reach(Q(), head, selectors.newest_broadcast())
    # Ids and offsets of one user's notifications increase together. Where the log does not reach
    # back so far, the rows' own `logged_after` is used.
    own = Q(logged_after=None) | Q(logged_after__lt=up_to)
    first = event_log.next_entry(topic, up_to, logged_texts.SENT)
    if first is not None:
        own &= Q(pk__lt=orjson.loads(first.data)["id"])
    behind = event_log.next_entry(topic, up_to)
    by = None if behind is None else datetime.fromtimestamp(behind.at, UTC)
    return _Reach(own, up_to, selectors.newest_broadcast(sent_by=by))


def _publish_read(user_id: int, ids: Iterable[int], at: datetime) -> None:
    for notification_id in ids:
        event = {"id": notification_id, "read_at": iso_utc(at)}
        publish(user_topic(user_id), "notification.read", event)


def delete(*, user_id: int, notification_id: int) -> None:
    """Delete one. Raises `ApiError` (NOT_FOUND) unless it is, or was, the user's."""
    with unit_of_work():
        counters.hold([user_id])
        if Notification.objects.filter(pk=notification_id, user=user_id).exists():
            remove([notification_id])
            return
        if not selectors.was_sent_to(user_id, notification_id):
            raise ApiError(Code.NOT_FOUND, "Not found")
        row = selectors.find(user_id, notification_id)
        if row is not None:
            _delete_broadcast(user_id, row)


def _delete_broadcast(user_id: int, row: Notification) -> None:
    """Delete a broadcast for this user only."""
    Receipt.objects.update_or_create(
        user_id=user_id, notification=row, defaults={"deleted_at": timezone.now()}
    )
    if row.read_at is None:
        delta = counters.CounterDelta()
        delta.add_broadcast(user_id, row.type, -1)
        delta.apply()
    publish(user_topic(user_id), "notification.deleted", {"id": row.pk})
