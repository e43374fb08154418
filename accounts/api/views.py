"""`/api/v1/auth`: signing in, staying signed in, signing out."""

from typing import Any, cast

from django.middleware.csrf import get_token, rotate_token
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import budgets, services
from accounts.api.authentication import IsUser, refuse_foreign_origin, refuse_forgery
from accounts.api.callers import caller
from accounts.api.serializers import (
    CsrfOutput,
    MeInput,
    MeOutput,
    RefreshInput,
    RefreshOutput,
    SignInInput,
    TicketOutput,
    TokensOutput,
)
from accounts.conf import conf
from accounts.credentials import extraction, tickets, tokens
from accounts.credentials.authenticator import SignedIn
from accounts.credentials.cookies import clear_cookies, set_cookies
from accounts.credentials.extraction import REFRESH_COOKIE, Kind
from accounts.models import User
from accounts.services import TokenPair
from accounts.users.devices import remember_device
from accounts.users.locale import language_accepted, language_named
from accounts.users.profile import Locale, set_locale
from api.description import ErrorOutput
from api.errors import ApiError
from realtime import CredentialError


class AuthView(APIView):
    """Responses must not be cached; `CredentialError` is translated to `ApiError`."""

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, CredentialError):
            exc = ApiError(exc.code, exc.message, retry_after=exc.retry_after)
        return super().handle_exception(exc)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class OpenAuthView(AuthView):
    """For callers who are not signed in: an expired cookie must not lock them out."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class TokenView(OpenAuthView):
    """Tokens for a username and a password, in the body and as HttpOnly cookies.

    Only failures spend budgets: ten a minute per name and address, and budgets of the name and of
    the address by themselves, then 429. A browser in which the user has signed in before,
    identified by the cookie `known_device`, has a budget of its own. 503 while too many sign in at
    once.

    `language` and `time_zone` are the browser's; without `language`, `Accept-Language` is used.
    They are stored at the first sign-in, and never replace values of the account.
    """

    @extend_schema(
        tags=["auth"],
        operation_id="auth_token",
        summary="Sign in",
        request=SignInInput,
        responses={
            200: TokensOutput,
            400: ErrorOutput,
            401: ErrorOutput,
            429: ErrorOutput,
            503: ErrorOutput,
        },
    )
    def post(self, request: Request) -> Response:
        form = SignInInput(data=request.data)
        form.is_valid(raise_exception=True)
        http = request._request
        data = form.validated_data
        accepted = language_accepted(http.headers.get("accept-language", ""))
        pair = services.sign_in(
            username=data["username"],
            password=data["password"],
            request=http,
            locale=Locale(language_named(data["language"]) or accepted, data["time_zone"]),
        )
        # A CSRF secret planted in the browser before must not be valid in the new session.
        rotate_token(http)
        response = _tokens(request, pair)
        remember_device(http, response, data["username"])
        return response


class RefreshView(OpenAuthView):
    """The token is in the body or in the cookie. With the cookie, `X-CSRFToken` is required and the
    successor is only set as a cookie, so scripts never read it. A token used in the last 30 seconds
    gives the same successor again; one used earlier revokes its family.
    """

    @extend_schema(
        tags=["auth"],
        operation_id="auth_token_refresh",
        summary="Exchange a refresh token for its successor",
        request=RefreshInput,
        responses={200: RefreshOutput, 401: ErrorOutput, 403: ErrorOutput},
    )
    def post(self, request: Request) -> Response:
        token, is_cookie = _refresh_token(request)
        return _tokens(request, services.refresh(token=token), with_refresh=not is_cookie)


class LogoutView(OpenAuthView):
    """By refresh token (body or cookie), expired or not, else by access token. Idempotent."""

    @extend_schema(
        tags=["auth"],
        operation_id="auth_logout",
        summary="Sign out: the whole family of refresh tokens, and its live connections",
        request=RefreshInput,
        responses={204: None, 401: ErrorOutput, 403: ErrorOutput},
    )
    def post(self, request: Request) -> Response:
        claims = _claims_to_end(request)
        if claims is not None:
            services.sign_out(login_id=claims.login_id)
        response = Response(status=204)
        clear_cookies(response)
        return response


class TicketView(AuthView):
    """For URLs of clients that cannot set headers. Valid for 30 seconds, and for one request."""

    permission_classes = (IsUser,)
    draws = {"POST": (budgets.TICKETS,)}

    @extend_schema(
        tags=["auth"],
        operation_id="auth_ticket",
        summary="A single-use ticket for `?ticket=` on a URL",
        request=None,
        responses={200: TicketOutput, 401: ErrorOutput, 403: ErrorOutput},
    )
    def post(self, request: Request) -> Response:
        caller = cast(SignedIn, request.auth)
        ticket = tickets.issue_ticket(
            user=caller.user, login=caller.login, token_expires_at=caller.expires_at
        )
        return Response({"ticket": ticket, "expires_in": conf().ticket_s})


class MeView(AuthView):
    """The profile of the credential's user."""

    permission_classes = (IsUser,)
    draws = {"PATCH": (budgets.PROFILE,)}

    @extend_schema(
        tags=["auth"],
        operation_id="auth_me",
        summary="The caller",
        responses={200: MeOutput, 401: ErrorOutput},
    )
    def get(self, request: Request) -> Response:
        return Response(MeOutput(cast(User, request.user)).data)

    @extend_schema(
        tags=["auth"],
        operation_id="auth_me_change",
        summary="Change the caller's language or time zone",
        request=MeInput,
        responses={200: MeOutput, 400: ErrorOutput, 401: ErrorOutput},
    )
    def patch(self, request: Request) -> Response:
        form = MeInput(data=request.data)
        form.is_valid(raise_exception=True)
        user = set_locale(user_id=caller(request), wanted=form.validated_data)
        return Response(MeOutput(user).data)


class CsrfView(OpenAuthView):
    """Unsafe requests with the cookie repeat it in `X-CSRFToken`."""

    @extend_schema(
        tags=["auth"],
        operation_id="auth_csrf",
        summary="The token for `X-CSRFToken`, and its cookie",
        responses={200: CsrfOutput},
    )
    def get(self, request: Request) -> Response:
        return Response({"csrf_token": get_token(request._request)})


def _tokens(request: Request, pair: TokenPair, *, with_refresh: bool = True) -> Response:
    body = {"access": pair.access, "csrf_token": get_token(request._request)}
    if with_refresh:
        body["refresh"] = pair.refresh
    response = Response(body)
    set_cookies(response, pair)
    return response


def _refresh_token(request: Request) -> tuple[str, bool]:
    """Return the refresh token of the body, else of the cookie, and whether it is the cookie's.

    The token is "" if there is none. Browsers send the cookie by themselves, so it is accepted only
    from our own pages.
    """
    form = RefreshInput(data=request.data)
    form.is_valid(raise_exception=True)
    if data := form.validated_data.get("refresh"):
        return str(data), False
    if cookie := request.COOKIES.get(REFRESH_COOKIE):
        _refuse_other_sites(request)
        return cookie, True
    return "", False


def _claims_to_end(request: Request) -> tokens.Claims | None:
    """Return the claims of the sign-in to end: by refresh token, expired or not, else by access
    token.

    None for an invalid refresh token: there is nothing left to revoke. An expired access token
    without a refresh token raises, as its sign-in would silently continue.
    """
    token, _ = _refresh_token(request)
    if token:
        try:
            return tokens.read_refresh(token, even_expired=True)
        except CredentialError:
            return None
    found = extraction.find(
        request.headers.get("authorization", ""), request.query_params.dict(), request.COOKIES
    )
    if found is None or found.kind in (Kind.API_KEY, Kind.TICKET):
        return None
    if found.kind is Kind.COOKIE:
        _refuse_other_sites(request)
    if tokens.algorithm_of(found.text) != tokens.OUR_ALGORITHM:
        # Another issuer's sign-in can only be ended by the issuer.
        return None
    return tokens.read_access(found.text)


def _refuse_other_sites(request: Request) -> None:
    refuse_foreign_origin(request._request)
    refuse_forgery(request._request)
