"""Operations of senders, and of staff, on what was sent."""

import uuid
from collections.abc import Callable, Collection, Sequence

from django.utils import timezone

from accounts.topics import user_topic
from api.errors import ApiError, Code
from notifications import payload, selectors
from notifications.models import Batch, Notification
from notifications.services import counters, logged_texts
from notifications.services.removal import remove, remove_any
from notifications.sql.run import InValues
from realtime import publish, unit_of_work


def revoke(*, sender: str, batch_id: uuid.UUID) -> None:
    """Delete a batch's remaining notifications, for everyone. Idempotent.

    Raises `ApiError` (NOT_FOUND) unless the batch is the sender's.
    """
    with unit_of_work():
        batch = Batch.objects.select_for_update().filter(pk=batch_id, sender=sender).first()
        if batch is None:
            raise ApiError(Code.NOT_FOUND, "Not found")
        if batch.revoked_at is None:
            _revoke(batch)


def withdraw(*, notification_ids: Collection[int]) -> int:
    """Delete single notifications of any users. Returns the number of those that were not
    deleted.
    """
    with unit_of_work():
        rows = Notification.objects.filter(InValues("id", notification_ids))
        return remove_any(list(rows.values_list("pk", "user_id")))


def revoke_all(*, senders: Collection[str]) -> None:
    """Delete everything that these senders have sent, and blank its messages.

    For senders of a few notifications each (`rooms:<message>`), whose text was deleted elsewhere.
    """
    with unit_of_work():
        owned = _hold_sent(senders)
        batches = Batch.objects.filter(InValues("sender", senders), revoked_at=None)
        batches.update(revoked_at=timezone.now())
        remove([row.pk for row in owned if row.deleted_at is None])
        _forget(owned)


def amend(
    *, sender: str, message: str, decide: Callable[[Notification], bool]
) -> Sequence[Notification]:
    """Replace the message of a sender's notifications, without alerting anybody.

    `decide` returns for each remaining one whether its owner keeps it; others are deleted. Returns
    everything that the sender ever sent, including deleted ones, in its previous state. Has the
    same requirements as `revoke_all`.
    """
    with unit_of_work():
        owned = _hold_sent([sender])
        live = [row for row in owned if row.deleted_at is None]
        kept = [row for row in live if decide(row)]
        ids = {row.pk for row in kept}
        remove([row.pk for row in live if row.pk not in ids])
        _forget([row for row in owned if row.pk not in ids])
        rows = Notification.objects.filter(InValues("id", ids))
        rows.update(message=message, edited_at=timezone.now())
        logged_texts.replace_logged_message(kept, message=message)
        for row in kept:
            row.message = message
            shape = payload.event(payload.published(row))
            publish(user_topic(row.user_id or 0), "notification.updated", shape)
        return owned


def _hold_sent(senders: Collection[str]) -> list[Notification]:
    """Lock batches and users, and return all that these have sent to users, deleted or not."""
    batches = Batch.objects.select_for_update().filter(InValues("sender", senders))
    if not list(batches.order_by("created_at", "id").values_list("pk", flat=True)):
        return []
    rows = Notification.objects.filter(
        InValues("batch__sender", senders), user__isnull=False
    ).order_by("pk")
    counters.hold(set(rows.values_list("user_id", flat=True)))
    return list(rows)


def _forget(rows: Collection[Notification]) -> None:
    Notification.objects.filter(InValues("id", [row.pk for row in rows])).update(message="")


def _revoke(batch: Batch) -> None:
    batch.revoked_at = timezone.now()
    batch.save(update_fields=["revoked_at"])
    # A batch is never added to, so these are all of its users.
    remove_any(selectors.remaining_notifications(batch))
