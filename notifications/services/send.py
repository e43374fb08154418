"""Sending: one batch, one row and one event per recipient, all or nothing.

A broadcast is one row and one event, however many users there are.
"""

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

    def kept(self) -> dict[str, Any]:
        """Return what is stored for an idempotency key; `Answer(**kept)` is the same answer."""
        return {"batch_id": self.batch_id, "count": self.count, "ids": list(self.ids)}


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
    return _once(sender, once, lambda: insert_broadcast(sender, content))


def _once(sender: str, once: Once | None, work: Callable[[], Answer]) -> Answer:
    with unit_of_work():
        if once is None:
            return work()
        claimed = idempotency.claim(sender=sender, once=once)
        if claimed.answer is not None:
            return Answer(**claimed.answer)
        answer = work()
        idempotency.keep_answer(claimed, answer.kept())
        return answer


def _send(sender: str, to: Recipients, content: Content) -> Answer:
    users = resolve(to)
    counters.hold(users)
    delta = counters.CounterDelta()
    [answer] = insert(sender, [(users, content)], delta)
    delta.apply()
    return answer


def insert(
    sender: str,
    sends: Sequence[tuple[Sequence[int], Content]],
    delta: counters.CounterDelta,
) -> list[Answer]:
    """Store and publish one batch for each `(users, content)`, in this order.

    The number of statements does not depend on how many they are. The users must be locked, so that
    times have the same order as ids and offsets. The change of the counters is added to `delta`. No
    two of them may have a user and a collapse key in common.
    """
    now = timezone.now()
    replaced = {
        (user_id, content.collapse_key)
        for users, content in sends
        if content.collapse_key
        for user_id in users
    }
    if replaced:
        delete_rows(selectors.replaceable(replaced), delta)
    rows = [_row(content, now) for _, content in sends]
    for row, (users, _) in zip(rows, sends, strict=True):
        row.batch = Batch(sender=sender, created_at=now, count=len(users))
    Batch.objects.bulk_create([row.batch for row in rows])
    inserted = insert_notifications(rows, [users for users, _ in sends])
    answers = []
    for row, (users, _), pairs in zip(rows, sends, inserted, strict=True):
        for shape in payload.copies(row, pairs):
            publish(user_topic(shape["user_id"]), "notification", payload.event(shape))
            delta.add_own(shape["user_id"], row.type, 1)
        ids = {user_id: notification_id for notification_id, user_id in pairs}
        answers.append(Answer(str(row.batch_id), len(users), [ids[user] for user in users]))
    return answers


def insert_broadcast(sender: str, content: Content) -> Answer:
    """Store and publish one notification for everyone."""
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
