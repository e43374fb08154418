"""A gate for projects whose users sign in with Django's own sessions."""

import hashlib
from collections.abc import Collection, Mapping
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.utils.crypto import constant_time_compare

from realtime.conf import conf
from realtime.protocol.errors import ErrorCode
from realtime.protocol.principal import CredentialError, Principal

_COOKIE_CHARS = 4_096


class SessionGate:
    """Admits users with a session of `django.contrib.auth`. Connections end with the session.

    Pages of other origins are refused unless `BELLWIRE_ALLOWED_ORIGINS` names them: browsers send
    the cookie with their WebSocket handshakes too.
    """

    def admit(self, scope: Mapping[str, Any]) -> Principal:
        """Return the principal of the scope's session. Raises `CredentialError`."""
        if not _is_own_origin(scope):
            raise CredentialError(ErrorCode.FORBIDDEN, "This origin is not allowed")
        return _principal(_session_key(scope))

    def admit_change(self, scope: Mapping[str, Any]) -> Principal:
        """Like `admit`: it has already refused every origin that is not allowed."""
        return self.admit(scope)

    def fingerprint(self, scope: Mapping[str, Any]) -> str:
        """Return a hash of the session's key, or "" without a session."""
        key = _session_key(scope) if _is_own_origin(scope) else ""
        return hashlib.sha256(key.encode()).hexdigest() if key else ""

    def lane(self, scope: Mapping[str, Any], token: str | None = None) -> str | None:
        """Return the client's address, because anybody can send an invented session key."""
        client = scope.get("client")
        return f"address {client[0]}" if client else None

    def admit_token(self, token: str) -> Principal:
        """Raise `CredentialError`: there are no tokens."""
        raise _refused()

    def renew(self, principal: Principal, token: str) -> Principal:
        """Raise `CredentialError`: there are no tokens."""
        raise _refused()

    def revoked(self, principals: Collection[Principal]) -> set[Principal]:
        """Return those whose user signed out, was disabled, or changed the password."""
        found = set()
        for principal in principals:
            try:
                _principal(principal.login_id)
            except CredentialError:
                found.add(principal)
        return found


def _principal(key: str) -> Principal:
    session = import_module(settings.SESSION_ENGINE).SessionStore(key or None)
    user_id = session.get(SESSION_KEY)
    users = get_user_model()._default_manager.filter(is_active=True)
    user = None if user_id is None else users.filter(pk=user_id).first()
    if user is None or not constant_time_compare(
        session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()
    ):
        raise _refused()
    expires_at = session.get_expiry_date().timestamp()
    return Principal(user.pk, user.get_username(), key, expires_at)


def _refused() -> CredentialError:
    return CredentialError(ErrorCode.AUTH_ERROR, "Sign in first")


def _session_key(scope: Mapping[str, Any]) -> str:
    text = _header(scope, b"cookie")
    if len(text) > _COOKIE_CHARS:
        return ""
    try:
        morsel = SimpleCookie(text).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _is_own_origin(scope: Mapping[str, Any]) -> bool:
    """Return whether the request has no Origin, or that of this host or of an allowed origin."""
    origin = _header(scope, b"origin")
    if not origin:
        return True
    own = urlsplit(origin).netloc.lower() == _header(scope, b"host").lower()
    return own or origin in conf().allowed_origins


def _header(scope: Mapping[str, Any], name: bytes) -> str:
    values = (value for key, value in scope["headers"] if key == name)
    return bytes(next(values, b"")).decode("latin-1")
