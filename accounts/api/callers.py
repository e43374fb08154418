"""Who asks."""

from typing import cast

from django.conf import settings
from rest_framework.request import Request

from accounts.locale import language_accepted
from accounts.models import User


def caller(request: Request) -> int:
    """The id of the person whose request this is; services are kept out by `IsUser`."""
    return cast(User, request.user).pk


def language_of(request: Request) -> str:
    """The language of whoever reads the answer: of the account, else the one that is asked for."""
    known: str = getattr(request.user, "language", "")
    asked = request.headers.get("accept-language", "")
    return known or language_accepted(asked) or settings.LANGUAGE_CODE
