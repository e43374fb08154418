"""The one place where a credential becomes a person, for every door."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts import issuer, people, tokens
from accounts.credentials import Credential, Kind
from accounts.locale import language_accepted
from accounts.models import Login, User
from accounts.tickets import redeem_ticket
from accounts.tokens import refused
from realtime import database_now

_UNDATED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person whose credential was good. `login` is None for another issuer's tokens."""

    user: User
    login: Login | None
    kind: Kind
    expires_at: datetime
    # When another issuer's token was issued; ours end with their sign-in.
    issued_at: datetime | None = None

    @property
    def login_id(self) -> str:
        """The sign-in's id as text, "" for none."""
        return str(self.login.pk) if self.login else ""


def authenticate_user(credential: Credential, *, accept_language: str = "") -> SignedIn:
    """Whose credential it is. Raises `CredentialError`: a service's key is nobody's.

    `accept_language` is the client's header: another issuer's user, of whom no language is known,
    gets the one that it asks for.

    Refused alike everywhere: disabled users, sign-ins that have ended, expired tokens.
    """
    match credential.kind:
        case Kind.API_KEY:
            raise refused()
        case Kind.TICKET:
            found = _by_ticket(credential.text)
        case kind if tokens.algorithm_of(credential.text) == tokens.OUR_ALGORITHM:
            found = _by_our_token(credential.text, kind)
        case kind:
            found = _by_issuer(credential.text, kind, accept_language)
    if not found.user.is_active:
        raise refused()
    if found.login is not None and found.login.revoked_at is not None:
        raise refused()
    if found.login is None and is_void(found.issued_at, found.user.tokens_valid_after):
        raise refused()
    return found


def is_void(issued_at: datetime | None, valid_after: datetime | None) -> bool:
    """Whether another issuer's token is from before everything of its user's was ended.

    Tokens that do not say when they were issued are void for a day: none lives longer.
    """
    if valid_after is None:
        return False
    if issued_at is None:
        return timezone.now() < valid_after + _UNDATED
    return issued_at <= valid_after


def _by_ticket(text: str) -> SignedIn:
    ticket = redeem_ticket(ticket=text)
    if ticket.token_expires_at <= timezone.now():
        raise tokens.expired()
    # Had everything ended since it was bought, it would be deleted: so it counts as issued now.
    issued_at = database_now() if ticket.login is None else None
    return SignedIn(ticket.user, ticket.login, Kind.TICKET, ticket.token_expires_at, issued_at)


def _by_our_token(text: str, kind: Kind) -> SignedIn:
    claims = tokens.read_access(text)
    # The sign-in and its user in one query: this runs on every request.
    login = (
        Login.objects.select_related("user").filter(pk=claims.login_id, user=claims.user_id).first()
    )
    if login is None:
        raise refused()
    return SignedIn(login.user, login, kind, claims.expires_at)


def _by_issuer(text: str, kind: Kind, accept_language: str) -> SignedIn:
    claims = issuer.read(text)
    user = people.user_of_issuer(
        subject=claims.subject,
        payload=claims.payload,
        language=language_accepted(accept_language),
    )
    return SignedIn(user, None, kind, claims.expires_at, claims.issued_at)
