"""The security log: sign-ins, refusals, revocations; see `SecurityEvent`.

Events that anybody can cause without signing in are counted instead of listed: one row for the same
event in the same ten minutes, and a limited number of rows in that time.
"""

from datetime import datetime, timedelta

from django.db.models import F
from django.utils.crypto import salted_hmac

from accounts.conf import conf
from accounts.credentials.request_source import request_source
from accounts.models import EventKind, SecurityEvent, User
from accounts.passwords.throttle import network_of
from realtime import database_now
from text.storable import sha256_hex

_DETAIL_CHARS = 500
_OVERFLOW_DETAIL = "more of these than are listed one by one"


def record(
    kind: EventKind, *, user_id: int | None = None, username: str = "", detail: str = ""
) -> None:
    """Write one event, with the source of the current request."""
    now, source = database_now(), request_source()
    SecurityEvent.objects.create(
        kind=kind,
        at=now,
        last_at=now,
        user_id=user_id,
        username=username,
        actor=source.actor[:150],
        address=source.address,
        user_agent=source.user_agent,
        detail=detail[:_DETAIL_CHARS],
    )


def count(kind: EventKind, *, user_id: int | None = None, username: str = "") -> None:
    """Write a frequent event: a repetition within ten minutes adds to its row."""
    now, source = database_now(), request_source()
    bucket = _bucket(kind, now, username, network_of(source.address))
    if _add_to(bucket, now):
        return
    detail = ""
    if _is_full(kind, now):
        bucket, username, user_id, detail = _bucket(kind, now), "", None, _OVERFLOW_DETAIL
        if _add_to(bucket, now):
            return
    SecurityEvent.objects.bulk_create(
        [
            SecurityEvent(
                kind=kind,
                at=now,
                last_at=now,
                user_id=user_id,
                username=username,
                address="" if detail else source.address,
                user_agent="" if detail else source.user_agent,
                detail=detail,
                bucket=bucket,
            )
        ],
        # Of two concurrent first events, one is not counted.
        ignore_conflicts=True,
    )


def count_failed_sign_in(kind: EventKind, *, name: str) -> None:
    """Count a sign-in that failed or was refused.

    An unknown name is not stored, as it may be a password typed into the wrong field. A tag
    replaces it, which distinguishes unknown names.
    """
    user = User.objects.filter(username=name).only("pk", "username").first()
    if user is not None:
        count(kind, user_id=user.pk, username=user.username)
        return
    tag = salted_hmac("accounts.security_log", name, algorithm="sha256").hexdigest()[:8]
    count(kind, username=f"(unknown name {tag})")


def _add_to(bucket: str, now: datetime) -> bool:
    rows = SecurityEvent.objects.filter(bucket=bucket)
    return bool(rows.update(count=F("count") + 1, last_at=now))


def _is_full(kind: EventKind, now: datetime) -> bool:
    rows = SecurityEvent.objects.filter(
        kind=kind, at__gte=now - timedelta(seconds=conf().security_bucket_s)
    )
    listed = rows.values_list("pk", flat=True)[: conf().security_bucket_rows]
    return len(listed) >= conf().security_bucket_rows


def _bucket(kind: EventKind, now: datetime, *parts: str) -> str:
    number = int(now.timestamp()) // conf().security_bucket_s
    text = "\0".join([str(kind), str(number), *parts])
    return sha256_hex(text)
