"""The caller of a REST request."""

from typing import cast

from django.conf import settings
from rest_framework.request import Request

from accounts.models import User
from accounts.users.locale import language_accepted


def caller(request: Request) -> int:
    """Return the id of the user who makes the request; `IsUser` has refused services."""
    return cast(User, request.user).pk


def language_of(request: Request) -> str:
    """Return the language of the response: the account's, else the one in `Accept-Language`."""
    own: str = getattr(request.user, "language", "")
    header = request.headers.get("accept-language", "")
    return own or language_accepted(header) or settings.LANGUAGE_CODE
