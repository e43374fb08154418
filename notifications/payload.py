"""The public representation of a notification (docs/contract.md §6)."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings

from api.media.renderers import iso_utc
from notifications import texts
from notifications.models import Notification

Payload = dict[str, Any]


def notification(row: Notification, language: str = "") -> Payload:
    """Return `{id, user_id, type, title, …}` in a language; "" is the default."""
    return texts.localized(published(row), language or settings.LANGUAGE_CODE)


def published(row: Notification) -> Payload:
    """Return the representation for all languages, with the templates of the server's own texts.

    The sender's `data` is passed through, including `routing`.
    """
    shape = {
        "id": row.pk,
        "user_id": row.user_id,
        "type": row.type,
        "title": row.title,
        "message": row.message,
        "link": row.link or None,
        "status": str(row.status),
        "reference_id": row.reference_id or None,
        "reference_type": row.reference_type or None,
        "data": row.data,
        "created_at": iso_utc(row.created_at),
        "read_at": iso_utc(row.read_at) if row.read_at else None,
    }
    # An empty value is included only if the title looks like one from before templates were stored.
    given = row.templates is not None and texts.is_default_title(row.title, row.type)
    if row.templates or given:
        shape[texts.TEMPLATES] = row.templates
    return shape


def event(shape: Payload) -> Payload:
    """Return the data of the event `notification`: the notification, and its id a second time."""
    return {**shape, "notification_id": shape["id"]}


def copies(template: Notification, ids: Iterable[tuple[int, int]]) -> Iterator[Payload]:
    """Yield what `published` returns for rows that differ in `(id, user_id)` only."""
    shape = published(template)
    for notification_id, user_id in ids:
        yield {**shape, "id": notification_id, "user_id": user_id}
