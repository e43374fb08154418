"""Signing in, refreshing and signing out, all by one row: the `Login`.

sign in ──> Login + refresh token ──refresh──> successor ──refresh──> ...
              │                        └ again within 30 s: the same successor (two tabs)
              └ revoked by signing out, by reusing a refresh token later than that, by its age,
                and by `accounts/credentials/revocation.py`
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts import security_log
from accounts.conf import conf
from accounts.credentials import tokens
from accounts.credentials.tokens import Times, expired, refused
from accounts.models import EventKind, Login, Rotation, User
from accounts.users.profile import Locale, fill_locale
from realtime import CredentialError, database_now, disconnect, unit_of_work


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The tokens of a sign-in or a refresh. Their texts are not in the repr."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


def sign_in(
    *,
    username: str,
    password: str,
    request: HttpRequest | None = None,
    locale: Locale | None = None,
) -> TokenPair:
    """Sign in. Raises `CredentialError` (AUTH_ERROR), or `ApiError` (RATE_LIMITED, UNAVAILABLE).

    The throttle counts by the address in `request`. `locale` holds the client's values, which are
    stored where the user has none. No transaction is open while the password is hashed, as that is
    slow by design.
    """
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        raise _wrong_password()
    now = database_now()
    times = _refresh_times(now, signed_in_at=now)
    with transaction.atomic():
        # Locked, and read again: a password set while this one was hashed revokes every sign-in
        # with the old one, and none may be created after that.
        current = User.objects.select_for_update().filter(pk=user.pk, is_active=True).first()
        if current is None or current.password != user.password:
            raise _wrong_password()
        login = Login.objects.create(user=user, created_at=now, expires_at=times.expires_at)
        jti = _create_refresh_token(login, times)
        if locale is not None:
            fill_locale(current, locale)
    security_log.count(EventKind.SIGN_IN, user_id=user.pk, username=user.username)
    return _pair(login, jti, times, now)


def refresh(*, token: str) -> TokenPair:
    """Exchange a refresh token for its successor. Raises `CredentialError`.

    A token used up to 30 s ago gives the same successor again. One used before that has been
    copied: its whole family is revoked, and its connections are closed. So is a family that has
    reached its maximum age: the user has to sign in again.
    """
    claims = tokens.read_refresh(token)
    with unit_of_work():
        # The lock makes two simultaneous refreshes one rotation and one repetition.
        login = (
            Login.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(pk=claims.login_id, user=claims.user_id, revoked_at=None)
            .first()
        )
        if login is None or not login.user.is_active:
            raise refused()
        now = database_now()
        rotation = Rotation.objects.filter(used_jti=claims.jti).first()
        revoked_as = None
        if now >= login.created_at + timedelta(days=conf().login_max_days):
            revoked_as = EventKind.FAMILY_EXPIRED
        elif rotation is None:
            rotation = _rotate(login, claims.jti, now)
        elif now - rotation.rotated_at > timedelta(seconds=conf().refresh_grace_s):
            revoked_as = EventKind.REFRESH_REUSED
        if revoked_as is not None:
            _revoke(login)
            detail = f"sign-in of {login.created_at:%Y-%m-%d %H:%M}"
            user = login.user
            security_log.record(revoked_as, user_id=user.pk, username=user.username, detail=detail)
    if rotation is None:
        raise expired()
    if revoked_as is not None:
        raise refused()
    times = Times(rotation.successor_issued_at, rotation.successor_expires_at)
    return _pair(login, rotation.successor_jti, times, now)


def sign_out(*, login_id: uuid.UUID) -> None:
    """Revoke a family and close its connections. Idempotent; an unknown one is ignored."""
    with unit_of_work():
        rows = Login.objects.select_for_update(of=("self",)).select_related("user")
        login = rows.filter(pk=login_id).first()
        if login is None:
            return
        if login.revoked_at is None:
            user = login.user
            security_log.count(EventKind.SIGNED_OUT, user_id=user.pk, username=user.username)
        _revoke(login)


def issue_access_tokens(*, users: Sequence[User], lifetime: timedelta | None = None) -> list[str]:
    """Return an access token for each user, in order, each with its own sign-in and no refresh
    token.
    """
    now = timezone.now()
    times = Times.starting(now, lifetime or tokens.access_lifetime())
    logins = Login.objects.bulk_create(
        Login(user=user, created_at=now, expires_at=times.expires_at) for user in users
    )
    return [
        tokens.write_access(user_id=login.user_id, login_id=login.pk, times=times)
        for login in logins
    ]


def _wrong_password() -> CredentialError:
    return CredentialError("AUTH_ERROR", "Wrong username or password")


def _rotate(login: Login, used_jti: str, now: datetime) -> Rotation:
    used = OutstandingToken.objects.filter(jti=used_jti, blacklistedtoken=None).first()
    if used is None:
        raise refused()
    BlacklistedToken.objects.create(token=used)
    times = _refresh_times(now, signed_in_at=login.created_at)
    login.expires_at = times.expires_at
    login.save(update_fields=["expires_at"])
    return Rotation.objects.create(
        login=login,
        used_jti=used_jti,
        rotated_at=now,
        successor_jti=_create_refresh_token(login, times),
        successor_issued_at=times.issued_at,
        successor_expires_at=times.expires_at,
    )


def _refresh_times(now: datetime, *, signed_in_at: datetime) -> Times:
    """Return a refresh token's times: it never outlives the maximum age of its family."""
    remaining = signed_in_at + timedelta(days=conf().login_max_days) - now
    return Times.starting(now, min(tokens.refresh_lifetime(), remaining))


def _create_refresh_token(login: Login, times: Times) -> str:
    """Store a new refresh token by its id alone: the table cannot be used to sign in."""
    jti = tokens.new_jti()
    OutstandingToken.objects.create(
        user=login.user,
        jti=jti,
        token="",
        created_at=times.issued_at,
        expires_at=times.expires_at,
    )
    return jti


def _pair(login: Login, jti: str, times: Times, now: datetime) -> TokenPair:
    user_id, login_id = login.user_id, login.pk
    return TokenPair(
        access=tokens.write_access(
            user_id=user_id,
            login_id=login_id,
            times=Times.starting(now, tokens.access_lifetime()),
        ),
        refresh=tokens.write_refresh(user_id=user_id, login_id=login_id, jti=jti, times=times),
    )


def _revoke(login: Login) -> None:
    if login.revoked_at is None:
        login.revoked_at = timezone.now()
        login.save(update_fields=["revoked_at"])
    disconnect(user_id=login.user_id, login_id=str(login.pk))
