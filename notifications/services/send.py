"""Sending: one batch, one row and one event for each recipient, all or nothing."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.utils import timezone

from notifications import payload, selectors, sql, types
from notifications.models import Batch, Notification
from notifications.services import counters, idempotency
from notifications.services.idempotency import Once
from notifications.services.recipients import Recipients, resolve
from notifications.services.removal import take_away
from notifications.topics import topic_of
from realtime.publishing import publish, unit_of_work


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What all recipients get. Without a title it is called as its type is.

    A `collapse_key` makes it take the place of the unread one with the same key.
    """

    type: str
    message: str
    title: str = ""
    link: str = ""
    reference_id: str = ""
    reference_type: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    collapse_key: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was sent. `ids` stand in the order of the recipients."""

    batch_id: str
    count: int
    ids: Sequence[int]


def send(*, sender: str, to: Recipients, content: Content, once: Once | None = None) -> Answer:
    """Send `content`; with `once`, only the first time that the sender's key is seen.

    The number of statements does not depend on the number of recipients. Raises `ApiError`:
    INVALID for unknown recipients, CONFLICT for a key that came with another body before.
    """
    with unit_of_work():
        if once is None:
            return _send(sender, to, content)
        claimed = idempotency.claim(sender=sender, once=once)
        if claimed.answer is not None:
            return Answer(**claimed.answer)
        answer = _send(sender, to, content)
        kept = {"batch_id": answer.batch_id, "count": answer.count, "ids": list(answer.ids)}
        idempotency.keep_answer(claimed, kept)
        return answer


def _send(sender: str, to: Recipients, content: Content) -> Answer:
    users = resolve(to)
    batch = Batch.objects.create(sender=sender, created_at=timezone.now(), count=len(users))
    if content.collapse_key:
        _collapse(users, content.collapse_key)
    else:
        counters.hold(users, add=1)
    # Now that the users are held, time goes the same way as ids and offsets do.
    rows = _insert(users, batch.pk, _row(content, timezone.now()))
    return Answer(str(batch.pk), len(users), [rows[user_id] for user_id in users])


def _collapse(users: Sequence[int], collapse_key: str) -> None:
    """Hold the users, delete what is to be replaced, and count as if the new ones were there."""
    counters.hold(users)
    _, lost = take_away(selectors.replaceable(users, collapse_key))
    counters.change({user_id: 1 - lost[user_id] for user_id in users})


def _row(content: Content, now: datetime) -> Notification:
    """The notification that everyone gets, without user, id and batch."""
    found = types.find(content.type)
    if found is None:
        raise ValueError(f"expected a registered notification type, got {content.type!r}")
    return Notification(
        type=content.type,
        title=content.title or found.title,
        message=content.message,
        link=content.link,
        reference_id=content.reference_id,
        reference_type=content.reference_type,
        data_json=orjson.dumps(content.data).decode(),
        collapse_key=content.collapse_key,
        created_at=now,
        expires_at=content.expires_at,
    )


def _insert(users: Sequence[int], batch_id: uuid.UUID, row: Notification) -> dict[int, int]:
    """Store and publish; `{user id: notification id}`."""
    pairs = sql.insert_notifications(
        texts=[
            row.type,
            row.title,
            row.message,
            row.link,
            row.reference_id,
            row.reference_type,
            row.data_json,
            row.collapse_key,
        ],
        batch_id=batch_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        users=users,
    )
    for shape in payload.copies(row, pairs):
        publish(topic_of(shape["user_id"]), "notification", payload.event(shape))
    return {user_id: notification_id for notification_id, user_id in pairs}
