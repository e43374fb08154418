"""Who asks."""

from typing import cast

from rest_framework.request import Request

from accounts.models import User


def caller(request: Request) -> int:
    """The id of the person whose request this is; services are kept out by `IsUser`."""
    return cast(User, request.user).pk
