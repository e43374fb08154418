"""Deletes expired rows. Safe to run on every instance at once, and repeatedly."""

from datetime import timedelta
from typing import Any

from django.db import models, transaction
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.conf import conf
from accounts.models import Login, LoginAttempt, Rotation, SecurityEvent, Ticket
from realtime import database_now

# A sign-in's row outlives its last token, so that clocks need not agree to the second.
_LOGIN_SLACK = timedelta(days=1)


def delete_expired() -> int:
    """Delete expired tickets, login attempts, refresh tokens and sign-ins, and old entries of the
    security log. Returns their number.
    """
    now = database_now()
    return sum(
        _delete(rows)
        for rows in (
            Ticket.objects.filter(expires_at__lt=now),
            LoginAttempt.objects.filter(at__lt=now - conf().longest_login_window()),
            Rotation.objects.filter(successor_expires_at__lt=now),
            OutstandingToken.objects.filter(expires_at__lt=now),
            SecurityEvent.objects.filter(at__lt=now - timedelta(days=conf().security_log_days)),
            Login.objects.filter(expires_at__lt=now - _LOGIN_SLACK),
        )
    )


def _delete(rows: models.QuerySet[Any]) -> int:
    """Delete in short transactions, skipping rows that another instance is deleting."""
    deleted = 0
    while True:
        with transaction.atomic():
            doomed = rows.order_by("pk").select_for_update(skip_locked=True)
            keys = list(doomed.values_list("pk", flat=True)[: conf().cleanup_chunk])
            rows.model._default_manager.filter(pk__in=keys).delete()
        deleted += len(keys)
        if len(keys) < conf().cleanup_chunk:
            return deleted
