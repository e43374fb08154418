"""Sending: one batch, one row and one event per recipient, all or nothing.

A broadcast is one row and one event, however many users there are.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.utils import timezone

from accounts.topics import user_topic
from notifications import limits, payload, selectors, texts, types
from notifications.live.topics import BROADCAST
from notifications.models import Batch, Broadcast, Notification
from notifications.services import counters, idempotency
from notifications.services.idempotency import Once
from notifications.services.recipients import Recipients, resolve
from notifications.services.removal import delete_rows, withdraw_broadcasts
from notifications.sql.rows import insert_notifications
from notifications.texts import Template
from realtime import event_log, publish, unit_of_work
from text.graphemes import cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The content for all recipients. Without a title it has the title of its type.

    A template replaces the text, and is rendered in the recipient's language.

    With a `collapse_key` it replaces the unread one with the same key.
    """

    type: str
    message: str = ""
    title: str = ""
    message_template: Template | None = None
    title_template: Template | None = None
    link: str = ""
    reference_id: str = ""
    reference_type: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    collapse_key: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was sent. `ids` are in the order of the recipients."""

    batch_id: str
    count: int
    ids: Sequence[int]


def send(*, sender: str, to: Recipients, content: Content, once: Once | None = None) -> Answer:
    """Send `content`; with `once`, only at the first use of the sender's key.

    The number of statements does not depend on the number of recipients. Raises `ApiError`: INVALID
    for unknown recipients, CONFLICT for a key used with another body.
    """
    return _once(sender, once, lambda: _send(sender, to, content))


def broadcast(*, sender: str, content: Content, once: Once | None = None) -> Answer:
    """Send `content` to all existing users; `once` as in `send`. The answer has one id.

    Its cost does not depend on their number. A `collapse_key` replaces the broadcast with the same
    key, read or not: it is one row for all.
    """
    return _once(sender, once, lambda: _broadcast(sender, content))


def _once(sender: str, once: Once | None, work: Callable[[], Answer]) -> Answer:
    with unit_of_work():
        if once is None:
            return work()
        claimed = idempotency.claim(sender=sender, once=once)
        if claimed.answer is not None:
            return Answer(**claimed.answer)
        answer = work()
        kept = {"batch_id": answer.batch_id, "count": answer.count, "ids": list(answer.ids)}
        idempotency.keep_answer(claimed, kept)
        return answer


def _send(sender: str, to: Recipients, content: Content) -> Answer:
    users = resolve(to)
    batch = Batch.objects.create(sender=sender, created_at=timezone.now(), count=len(users))
    counters.hold(users)
    delta = counters.CounterDelta()
    if content.collapse_key:
        delete_rows(selectors.replaceable(users, content.collapse_key), delta)
    # With the users locked, times have the same order as ids and offsets.
    rows = _insert(users, batch.pk, _row(content, timezone.now()))
    for user_id in users:
        delta.add_own(user_id, content.type, 1)
    delta.apply()
    return Answer(str(batch.pk), len(users), [rows[user_id] for user_id in users])


def _broadcast(sender: str, content: Content) -> Answer:
    batch = Batch.objects.create(sender=sender, created_at=timezone.now(), count=1)
    time = counters.hold_broadcasts()
    if content.collapse_key:
        withdraw_broadcasts(selectors.replaceable_broadcasts(content.collapse_key), time=time)
    row = _row(content, timezone.now())
    row.batch = batch
    row.logged_after = event_log.heads([BROADCAST])[1].get(BROADCAST, 0)
    row.save()
    Broadcast.objects.create(
        notification=row,
        category=types.category_of(row.type),
        created_at=row.created_at,
        sent=time,
    )
    publish(BROADCAST, "notification", payload.event(payload.published(row)))
    return Answer(str(batch.pk), 1, [row.pk])


def _row(content: Content, now: datetime) -> Notification:
    """Return the notification for all recipients, without user, id and batch."""
    found = types.find(content.type)
    if found is None:
        raise ValueError(f"expected a registered notification type, got {content.type!r}")
    templates = _templates(content)

    def text(field: str, default: str) -> str:
        template = templates.get(field)
        rendered = template and texts.render(
            template, type_name=content.type, language=settings.LANGUAGE_CODE
        )
        return rendered or default

    return Notification(
        type=content.type,
        title=cut(text("title", content.title), limits.TITLE_CHARS),
        message=cut(text("message", content.message), limits.MESSAGE_CHARS),
        templates={name: template.packed() for name, template in templates.items()},
        link=content.link
        or found.link_to(reference_id=content.reference_id, reference_type=content.reference_type),
        reference_id=content.reference_id,
        reference_type=content.reference_type,
        data_json=orjson.dumps(content.data).decode(),
        collapse_key=content.collapse_key,
        created_at=now,
        expires_at=content.expires_at,
    )


def _templates(content: Content) -> dict[str, Template]:
    title = content.title_template
    if title is None and not content.title:
        title = Template(texts.TYPE_TITLE)
    found = {"title": title, "message": content.message_template}
    return {name: template for name, template in found.items() if template is not None}


def _insert(users: Sequence[int], batch_id: uuid.UUID, row: Notification) -> dict[int, int]:
    """Store and publish. Returns `{user id: notification id}`."""
    pairs = insert_notifications(
        texts=[
            row.type,
            row.title,
            row.message,
            row.link,
            row.reference_id,
            row.reference_type,
            row.data_json,
            row.collapse_key,
            orjson.dumps(row.templates).decode(),
        ],
        batch_id=batch_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        users=users,
    )
    for shape in payload.copies(row, pairs):
        publish(user_topic(shape["user_id"]), "notification", payload.event(shape))
    return {user_id: notification_id for notification_id, user_id in pairs}
