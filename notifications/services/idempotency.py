"""One response per `Idempotency-Key` and sender, for 24 hours.

The row is written first in the sender's own transaction. A concurrent request with the same key
waits for it: if the first commits, the second finds its response; if the first fails, its row is
rolled back, and the second proceeds in its place.
"""

from dataclasses import dataclass
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from api.errors import ApiError, Code
from notifications import limits
from notifications.models import IdempotencyKey
from notifications.sql.keys import claim_key


@dataclass(frozen=True, slots=True)
class Once:
    """A sender's key, and the hash of the request's body."""

    key: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Either a new row, which the claimant completes, or the `answer` of the first request."""

    row_id: int
    answer: dict[str, Any] | None = None


def claim(*, sender: str, once: Once) -> Claim:
    """Claim the key. Raises `ApiError` (CONFLICT) if it was used with another body."""
    now = timezone.now()
    row_id = claim_key(
        principal=sender,
        key=once.key,
        body_sha256=once.body_sha256,
        now=now,
        expired=now - limits.IDEMPOTENCY_WINDOW,
    )
    if row_id is not None:
        return Claim(row_id)
    row = IdempotencyKey.objects.get(principal=sender, key=once.key)
    if row.body_sha256 != once.body_sha256:
        raise ApiError(Code.CONFLICT, "This Idempotency-Key was used with another body")
    if row.answer_json is None:
        raise RuntimeError(f"expected the answer of {row}, found a claim without one")
    return Claim(row.pk, orjson.loads(row.answer_json))


def keep_answer(claimed: Claim, answer: dict[str, Any]) -> None:
    """Store the response to the key."""
    text = orjson.dumps(answer).decode()
    IdempotencyKey.objects.filter(pk=claimed.row_id).update(answer_json=text)


def delete_expired_keys() -> int:
    """Delete keys older than 24 hours, in short transactions. Returns their number."""
    old = IdempotencyKey.objects.filter(created_at__lte=timezone.now() - limits.IDEMPOTENCY_WINDOW)
    deleted = 0
    while True:
        with transaction.atomic():
            # Locked rows are skipped: another instance deletes them, or a sender claims them again.
            doomed = old.order_by("pk").select_for_update(skip_locked=True)
            keys = list(doomed.values_list("pk", flat=True)[: limits.FORGET_KEYS_ROWS])
            IdempotencyKey.objects.filter(pk__in=keys).delete()
        deleted += len(keys)
        if len(keys) < limits.FORGET_KEYS_ROWS:
            return deleted
