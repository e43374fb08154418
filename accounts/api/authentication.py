"""Authentication and permission classes for DRF."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from typing_extensions import override

from accounts.conf import conf
from accounts.credentials import extraction
from accounts.credentials.authenticator import SignedIn, authenticate_user
from accounts.credentials.extraction import Kind
from accounts.credentials.origins import is_foreign
from accounts.credentials.service_keys import ServiceCaller, authenticate_service
from accounts.models import User
from api.errors import CHALLENGE, ApiError, Code
from realtime import CredentialError

if TYPE_CHECKING:  # DRF's views import these classes by name, from the settings
    from rest_framework.views import APIView


@dataclass(frozen=True, slots=True)
class ServiceAuth:
    """`request.auth` of a service; a user's is a `SignedIn`. Both have `kind`."""

    kind: Kind = Kind.API_KEY


class RequestAuthentication(BaseAuthentication):
    """Sets `request.user` to a `User` or a `ServiceCaller`, and `request.auth` to the credential's
    kind.

    With the cookie, a foreign Origin is refused and unsafe methods require `X-CSRFToken`.
    """

    @override
    def authenticate(
        self, request: Request
    ) -> tuple[User, SignedIn] | tuple[ServiceCaller, ServiceAuth] | None:
        http = request._request
        credential = extraction.find(
            http.headers.get("authorization", ""), http.GET.dict(), http.COOKIES
        )
        if credential is None:
            return None
        try:
            if credential.kind is Kind.API_KEY:
                return authenticate_service(key=credential.text), ServiceAuth()
            if credential.kind is Kind.COOKIE:
                refuse_foreign_origin(http)
            accepted = http.headers.get("accept-language", "")
            found = authenticate_user(credential, accept_language=accepted)
        except CredentialError as error:
            raise ApiError(error.code, error.message, retry_after=error.retry_after) from None
        if credential.kind is Kind.COOKIE:
            refuse_forgery(http)
        return found.user, found

    @override
    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def refuse_foreign_origin(request: HttpRequest) -> None:
    """Raise `ApiError` (FORBIDDEN) if a page of another site made the request."""
    if is_foreign(
        request.headers.get("origin", ""),
        site=request.headers.get("sec-fetch-site", ""),
        scheme=request.scheme or "http",
        host=request.get_host(),
        allowed=conf().allowed_origins,
    ):
        raise ApiError(Code.FORBIDDEN, "Forbidden")


def refuse_forgery(request: HttpRequest) -> None:
    """Apply Django's CSRF check, which its middleware skips for DRF's views.

    Raises `ApiError` (FORBIDDEN) with the reason.
    """
    check = _CsrfCheck(lambda _: None)  # type: ignore[arg-type]
    check.process_request(request)
    # The library's annotation is a response; `_reject` below returns the reason.
    reason: Any = check.process_view(request, None, (), {})  # type: ignore[arg-type]
    if reason:
        raise ApiError(Code.FORBIDDEN, f"CSRF check failed: {reason}")


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, _request: HttpRequest, reason: str) -> str:
        return reason

    def _check_referer(self, request: HttpRequest) -> None:
        # Called only without an Origin. Every browser sends one with an unsafe request, so a
        # missing Referer means a program; it still has to send the token.
        if "referer" in request.headers:
            super()._check_referer(request)  # type: ignore[misc]


class IsUser(BasePermission):
    """Users only; services have no inbox and no sign-in."""

    @override
    def has_permission(self, request: Request, view: "APIView") -> bool:
        return isinstance(request.user, User)


def HasScope(scope: str, permission: str | None = None) -> type[BasePermission]:  # noqa: N802
    """Return a permission class: services with `scope`, or users with Django's `permission`.

    Without `permission`, services only.
    """

    class _HasScope(BasePermission):
        @override
        def has_permission(self, request: Request, view: "APIView") -> bool:
            caller: object = request.user
            if isinstance(caller, ServiceCaller):
                return caller.allows(scope)
            if permission is None or not isinstance(caller, User):
                return False
            return caller.has_perm(permission)

    _HasScope.__name__ = f"HasScope({scope!r})"
    return _HasScope
