"""Tickets: what stands in a URL is worthless once it has been used, or 30 seconds later."""

import secrets
from datetime import datetime

from django.db.models.functions import Now

from accounts import limits
from accounts.models import Login, Ticket, User
from accounts.tokens import refused
from text.storable import sha256_hex

# As with service keys: what starts with `bw_` is taken out of every log line.
_MARK = "bw_ticket_"


def issue_ticket(*, user: User, login: Login | None, token_expires_at: datetime) -> str:
    """A new ticket's text. What it opens expires with the token it was bought with."""
    text = _MARK + secrets.token_urlsafe(32)
    Ticket.objects.create(
        digest=sha256_hex(text),
        user=user,
        login=login,
        # The database's clock: another instance may redeem it, whose own may differ.
        expires_at=Now() + limits.seconds("TICKET_S"),
        token_expires_at=token_expires_at,
    )
    return text


def redeem_ticket(*, ticket: str) -> Ticket:
    """Use a ticket up and return what it stood for. Raises `CredentialError`."""
    row = (
        Ticket.objects.select_related("user", "login")
        .filter(digest=sha256_hex(ticket), expires_at__gt=Now())
        .first()
    )
    # Of two who come with the same ticket, both may have read it; one deletes it.
    if row is None or Ticket.objects.filter(digest=row.digest).delete()[0] != 1:
        raise refused()
    return row
