"""Authentication of credentials, for every transport and REST."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.credentials import issuer, tokens
from accounts.credentials.extraction import Credential, Kind
from accounts.credentials.tickets import redeem_ticket
from accounts.credentials.tokens import refused
from accounts.models import Login, User
from accounts.users import directory
from accounts.users.locale import language_accepted
from realtime import database_now

_UNDATED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user with a valid credential. `login` is None for another issuer's tokens."""

    user: User
    login: Login | None
    kind: Kind
    expires_at: datetime
    # When another issuer's token was issued; our own tokens end with their sign-in.
    issued_at: datetime | None = None

    @property
    def login_id(self) -> str:
        """Return the sign-in's id as text; "" for none."""
        return str(self.login.pk) if self.login else ""


def authenticate_user(credential: Credential, *, accept_language: str = "") -> SignedIn:
    """Return the user of a credential. Raises `CredentialError`, also for a service's key.

    `accept_language` is the client's header: it sets the language of another issuer's user who has
    none yet.

    Disabled users, ended sign-ins and expired tokens are refused on every transport alike.
    """
    match credential.kind:
        case Kind.API_KEY:
            raise refused()
        case Kind.TICKET:
            signed_in = _authenticate_ticket(credential.text)
        case kind if tokens.algorithm_of(credential.text) == tokens.OUR_ALGORITHM:
            signed_in = _authenticate_token(credential.text, kind)
        case kind:
            signed_in = _authenticate_issuer_token(credential.text, kind, accept_language)
    if not signed_in.user.is_active:
        raise refused()
    if signed_in.login is not None and signed_in.login.revoked_at is not None:
        raise refused()
    if signed_in.login is None and is_void(signed_in.issued_at, signed_in.user.tokens_valid_after):
        raise refused()
    return signed_in


def is_void(issued_at: datetime | None, valid_after: datetime | None) -> bool:
    """Whether another issuer's token was issued before its user's credentials were revoked.

    Tokens without an issue time are void for a day: none lives longer.
    """
    if valid_after is None:
        return False
    if issued_at is None:
        return timezone.now() < valid_after + _UNDATED
    return issued_at <= valid_after


def _authenticate_ticket(text: str) -> SignedIn:
    ticket = redeem_ticket(ticket=text)
    if ticket.token_expires_at <= timezone.now():
        raise tokens.expired()
    # Revoking would have deleted the ticket, so it counts as issued now.
    issued_at = database_now() if ticket.login is None else None
    return SignedIn(ticket.user, ticket.login, Kind.TICKET, ticket.token_expires_at, issued_at)


def _authenticate_token(text: str, kind: Kind) -> SignedIn:
    claims = tokens.read_access(text)
    # The sign-in and its user in one query, as this runs on every request.
    login = (
        Login.objects.select_related("user").filter(pk=claims.login_id, user=claims.user_id).first()
    )
    if login is None:
        raise refused()
    return SignedIn(login.user, login, kind, claims.expires_at)


def _authenticate_issuer_token(text: str, kind: Kind, accept_language: str) -> SignedIn:
    claims = issuer.read(text)
    user = directory.user_of_issuer(
        subject=claims.subject,
        payload=claims.payload,
        language=language_accepted(accept_language),
    )
    return SignedIn(user, None, kind, claims.expires_at, claims.issued_at)
