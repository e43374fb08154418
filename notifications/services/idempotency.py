"""One response per `Idempotency-Key` and sender, for 24 hours.

The row is written first in the sender's own transaction. A concurrent request with the same key
waits for it: if the first commits, the second finds its response; if the first fails, its row is
rolled back, and the second proceeds in its place.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from api.errors import ApiError, Code
from notifications import limits
from notifications.models import IdempotencyKey
from notifications.sql import keys
from notifications.sql.run import InValues


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
    found = claim_all(sender=sender, uses=[once])[once.key]
    if isinstance(found, ApiError):
        raise found
    return found


def claim_all(*, sender: str, uses: Iterable[Once]) -> dict[str, Claim | ApiError]:
    """Claim different keys, in a fixed number of statements.

    A key that was used with another body has an error (CONFLICT) in place of a claim.
    """
    hashes = {once.key: once.body_sha256 for once in uses}
    if not hashes:
        return {}
    now = timezone.now()
    expired = now - limits.IDEMPOTENCY_WINDOW
    owned = keys.claim_keys(hashes, principal=sender, now=now, expired=expired)
    found: dict[str, Claim | ApiError] = {key: Claim(row_id) for key, row_id in owned.items()}
    others = [key for key in hashes if key not in owned]
    if others:
        rows = IdempotencyKey.objects.filter(InValues("key", others), principal=sender)
        found.update({row.key: _used(row, hashes[row.key]) for row in rows})
    return found


def conflict() -> ApiError:
    """Return the error of a key that was used with another body."""
    return ApiError(Code.CONFLICT, "This Idempotency-Key was used with another body")


def keep_answer(claimed: Claim, answer: dict[str, Any]) -> None:
    """Store the response to the key."""
    keep_answers([(claimed, answer)])


def keep_answers(answers: Iterable[tuple[Claim, dict[str, Any]]]) -> None:
    """Store the responses to several keys."""
    texts = {claimed.row_id: orjson.dumps(answer).decode() for claimed, answer in answers}
    if texts:
        keys.keep_answers(texts)


def release(claims: Iterable[Claim]) -> None:
    """Give back keys whose requests have failed, while the rest of the unit of work goes on."""
    row_ids = [claimed.row_id for claimed in claims]
    if row_ids:
        keys.release_keys(row_ids)


def _used(row: IdempotencyKey, body_sha256: str) -> Claim | ApiError:
    if row.body_sha256 != body_sha256:
        return conflict()
    if row.answer_json is None:
        raise RuntimeError(f"expected the answer of {row}, found a claim without one")
    return Claim(row.pk, orjson.loads(row.answer_json))


def delete_expired_keys() -> int:
    """Delete keys older than 24 hours, in short transactions. Returns their number."""
    old = IdempotencyKey.objects.filter(created_at__lte=timezone.now() - limits.IDEMPOTENCY_WINDOW)
    deleted = 0
    while True:
        with transaction.atomic():
            # Locked rows are skipped: another instance deletes them, or a sender claims them again.
            doomed = old.order_by("pk").select_for_update(skip_locked=True)
            rows = list(doomed.values_list("pk", flat=True)[: limits.FORGET_KEYS_ROWS])
            IdempotencyKey.objects.filter(pk__in=rows).delete()
        deleted += len(rows)
        if len(rows) < limits.FORGET_KEYS_ROWS:
            return deleted
