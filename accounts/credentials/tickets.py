"""Tickets: credentials for URLs, void after one use or 30 seconds."""

import secrets
from datetime import datetime, timedelta

from django.db.models.functions import Now

from accounts.conf import conf
from accounts.credentials.tokens import refused
from accounts.models import Login, Ticket, User
from text.storable import sha256_hex

# As with service keys: log redaction removes everything that starts with `bw_`.
_MARK = "bw_ticket_"


def issue_ticket(*, user: User, login: Login | None, token_expires_at: datetime) -> str:
    """Create a ticket and return its text. Its connections end when the token used to get it
    expires.
    """
    text = _MARK + secrets.token_urlsafe(32)
    Ticket.objects.create(
        digest=sha256_hex(text),
        user=user,
        login=login,
        # The database's clock, as another instance with another clock may redeem it.
        expires_at=Now() + timedelta(seconds=conf().ticket_s),
        token_expires_at=token_expires_at,
    )
    return text


def redeem_ticket(*, ticket: str) -> Ticket:
    """Use a ticket up and return its row. Raises `CredentialError`."""
    row = (
        Ticket.objects.select_related("user", "login")
        .filter(digest=sha256_hex(ticket), expires_at__gt=Now())
        .first()
    )
    # Two concurrent requests may both have read the ticket; only one deletes it.
    if row is None or Ticket.objects.filter(digest=row.digest).delete()[0] != 1:
        raise refused()
    return row
