"""What senders, and those who look after them, do with what was sent."""

import uuid
from collections.abc import Collection
from typing import Any

from django.utils import timezone

from api.errors import ApiError, Code
from notifications import selectors
from notifications.models import Batch, Notification
from notifications.services.removal import remove_any
from notifications.sql.run import Among
from notifications.topics import topic_of
from realtime import log
from realtime.publishing import unit_of_work


def revoke(*, sender: str, batch_id: uuid.UUID) -> None:
    """Delete what is left of a batch, for everyone. Doing it again does nothing.

    Raises `ApiError` (NOT_FOUND) unless the batch is the sender's.
    """
    with unit_of_work():
        batch = Batch.objects.select_for_update().filter(pk=batch_id, sender=sender).first()
        if batch is None:
            raise ApiError(Code.NOT_FOUND, "Not found")
        if batch.revoked_at is None:
            _revoke(batch)


def withdraw(*, notification_ids: Collection[int]) -> int:
    """Delete single notifications, whosever they are; returns how many were still there."""
    with unit_of_work():
        rows = Notification.objects.filter(Among("id", notification_ids))
        return remove_any(list(rows.values_list("pk", "user_id")))


def revoke_all(*, sender: str, about: tuple[str, int | str]) -> None:
    """Delete what is left of all that a sender has sent, in whose `data` a key has this value.

    What it said leaves the recipients' topics as well: so it is for a sender who has sent a few,
    and not for batches of thousands, in whose every log it would have to be looked for.
    """
    with unit_of_work():
        batches = Batch.objects.select_for_update().filter(sender=sender, revoked_at=None)
        for batch in batches.order_by("created_at", "id"):
            _revoke(batch)
        rows = Notification.objects.filter(batch__sender=sender, user__isnull=False)
        owners: dict[int, Any] = dict(rows.values_list("pk", "user_id"))

        def blank(shown: dict[str, Any]) -> dict[str, Any] | None:
            return {**shown, "message": ""} if shown["id"] in owners else None

        topics = {topic_of(user_id) for user_id in owners.values()}
        log.redact(topics, types=["notification"], about=about, change=blank)


def _revoke(batch: Batch) -> None:
    batch.revoked_at = timezone.now()
    batch.save(update_fields=["revoked_at"])
    # Nothing is ever added to a batch, so these are all who can still have a part of it.
    remove_any(selectors.left_of(batch))
