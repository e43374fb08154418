"""What users do with their own notifications. All of it may be done twice."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson
from django.db.models import Q
from django.utils import timezone

from accounts.topics import user_topic
from api.errors import ApiError, Code
from api.renderers import iso_utc
from notifications import limits, selectors, types
from notifications.models import Notification, Receipt
from notifications.services import counters, logged_texts
from notifications.services.removal import remove
from notifications.sql.rows import read_broadcasts
from notifications.sql.run import InValues
from realtime import event_log, publish, unit_of_work


@dataclass(frozen=True, slots=True)
class ReadAll:
    """How many were marked; `read_at` is None where there was none."""

    updated: int
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Which:
    """What of the list is marked: up to an offset of the user's topic, of these types only."""

    up_to: int | None = None
    types: Collection[str] | None = None


EVERYTHING: Final = Which()


def mark_read(*, user_id: int, notification_id: int) -> Notification:
    """Mark one as read. Raises `ApiError` (NOT_FOUND) unless it is the user's and not deleted."""
    with unit_of_work():
        counters.hold([user_id])
        row = selectors.one(user_id, notification_id)
        if row is None:
            raise ApiError(Code.NOT_FOUND, "Not found")
        if row.read_at is None:
            row.read_at = timezone.now()
            delta = counters.CounterDelta()
            if row.user_id is None:
                Receipt.objects.create(user_id=user_id, notification=row, read_at=row.read_at)
                delta.everyones(user_id, row.type, -1)
            else:
                row.save(update_fields=["read_at"])
                delta.own(user_id, row.type, -1)
            delta.apply()
            event = {"id": row.pk, "read_at": iso_utc(row.read_at)}
            publish(user_topic(user_id), "notification.read", event)
    return row


def mark_some_read(*, user_id: int, notification_ids: Collection[int]) -> None:
    """Mark those of the user's own as read that are not; what is not theirs is passed over."""
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
            delta.own(user_id, type_name, -1)
        delta.apply()
        _publish_read(user_id, [pk for pk, _ in found], now)


def mark_all_read(*, user_id: int, which: Which = EVERYTHING) -> ReadAll:
    """Mark all as read that the user is shown of `which`.

    The event says up to which offset of the user's topic that is, and up to which id of what is
    everyone's. The head read here is right, although the append comes later: no notification gets
    an offset while the user is held. So is the id: broadcasts commit in the order of their ids.

    Of some types only, there is an event for each, which clients know that know nothing of types;
    for very many there is one that names the types.
    """
    with unit_of_work():
        counters.hold([user_id])
        now = timezone.now()
        reach = _reach(user_id, which.up_to)
        rows = selectors.unread_own(user_id).filter(reach.own)
        if which.types is not None:
            rows = rows.filter(type__in=which.types)
        ids = [] if which.types is None else list(rows.order_by("pk").values_list("pk", flat=True))
        own = rows.update(read_at=now)
        broadcasts = read_broadcasts(
            user_id=user_id, up_to=reach.newest_broadcast, at=now, types=which.types
        )
        if not own and not broadcasts:
            return ReadAll(0, None)
        # Nothing of it is muted: the category need not be known.
        delta = counters.CounterDelta()
        delta.own(user_id, types.SYSTEM, -own)
        delta.everyones(user_id, types.SYSTEM, -len(broadcasts))
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
    """The condition for one's own, the offset that it stands for, and the last broadcast's id."""

    own: Q
    up_to: int
    newest_broadcast: int


def _reach(user_id: int, up_to: int | None) -> _Reach:
    """Up to where a held user reads. With `up_to`, what there was before the event behind it."""
    topic = user_topic(user_id)
    head = event_log.heads([topic])[1].get(topic, 0)
    if up_to is None or up_to >= head:
        return _Reach(Q(), head, selectors.newest_broadcast())
    # Ids and offsets of one user's notifications grow together. Where the log no longer reaches
    # back, what the rows remember of their offsets has to do.
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
        row = selectors.one(user_id, notification_id)
        if row is not None:
            _delete_broadcast(user_id, row)


def _delete_broadcast(user_id: int, row: Notification) -> None:
    """For this user alone: the broadcast is everyone else's as before."""
    Receipt.objects.update_or_create(
        user_id=user_id, notification=row, defaults={"deleted_at": timezone.now()}
    )
    if row.read_at is None:
        delta = counters.CounterDelta()
        delta.everyones(user_id, row.type, -1)
        delta.apply()
    publish(user_topic(user_id), "notification.deleted", {"id": row.pk})
