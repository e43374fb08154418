"""Statements of idempotency keys."""

from datetime import datetime

from notifications.sql.run import fetch, instant

_KEY = "notifications_idempotencykey"

# Returns a row only to the owner of the key. Waits for another transaction's uncommitted claim.
_CLAIM = f"""
INSERT INTO {_KEY} (principal, key, body_sha256, answer_json, created_at)
VALUES (%s, %s, %s, NULL, %s)
ON CONFLICT (principal, key) DO UPDATE
    SET body_sha256 = excluded.body_sha256, answer_json = NULL, created_at = excluded.created_at
    WHERE {_KEY}.created_at <= %s
RETURNING id
"""  # noqa: S608 - names of our own tables


def claim_key(
    *, principal: str, key: str, body_sha256: str, now: datetime, expired: datetime
) -> int | None:
    """Return the id of the idempotency row if the caller now owns it, else None.

    A row from before `expired` is claimed again.
    """
    rows = fetch(_CLAIM, [principal, key, body_sha256, instant(now), instant(expired)])
    return int(rows[0][0]) if rows else None
