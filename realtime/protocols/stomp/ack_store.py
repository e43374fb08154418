"""Stores STOMP acknowledgements in the database, so that a client can resume at any instance.

A state is written when its subscription begins, every few seconds while it changes, before the
receipt of an acknowledgement that asks for one, and at its end. After a crash the state is slightly
old, so more is delivered again, but never less.
"""

import hashlib
import time

from realtime.models import AckState

# A subscription that is resumed later than this starts anew.
REMEMBERED_S = 600.0
FORGET_EVERY_S = 600.0
# Rows deleted in one transaction, so that none is long.
_FORGET_ROWS = 1_000


def key_of(subscription_id: str, destination: str) -> str:
    """Return the key of a user's subscription, which has a fixed length."""
    return hashlib.sha256(
        f"{len(subscription_id)}:{subscription_id}{destination}".encode()
    ).hexdigest()


def load(user_id: int, key: str) -> str | None:
    """Return the state, or None if there is none or it is too old."""
    rows = AckState.objects.filter(
        user_id=user_id, key=key, seen_at__gte=time.time() - REMEMBERED_S
    )
    return rows.values_list("state", flat=True).first()


def save(user_id: int, states: dict[str, str]) -> None:
    """Write the states of some of the user's subscriptions, by key."""
    now = time.time()
    AckState.objects.bulk_create(
        [
            AckState(user_id=user_id, key=key, state=states[key], seen_at=now)
            for key in sorted(states)
        ],
        update_conflicts=True,
        unique_fields=["user_id", "key"],
        update_fields=["state", "seen_at"],
    )


def forget_old() -> int:
    """Delete states that were not resumed in time; return how many."""
    old = AckState.objects.filter(seen_at__lt=time.time() - 2 * REMEMBERED_S)
    forgotten = 0
    while True:
        keys = list(old.order_by("pk").values_list("pk", flat=True)[:_FORGET_ROWS])
        # By age again: one may have been resumed meanwhile.
        forgotten += old.filter(pk__in=keys).delete()[0]
        if len(keys) < _FORGET_ROWS:
            return forgotten
