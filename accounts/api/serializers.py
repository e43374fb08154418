"""The shapes of `/api/v1/auth`. Passwords and tokens only ever come in or go out whole."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.models import User
from api.inputs import Input

# Begins as every JWT does; what follows is nobody's.
_A_TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl"  # noqa: S105
_A_CSRF_TOKEN = "u7d3jK0sVbn4pQ1x"  # noqa: S105


def _like(value: dict[str, Any]) -> Any:
    return extend_schema_serializer(examples=[OpenApiExample("Example", value=value)])


@_like({"username": "alice", "password": "correct horse battery staple"})
class SignInInput(Input):
    username = serializers.CharField(max_length=150, trim_whitespace=False)
    # Longer than any passphrase; a hash of megabytes would be work for a stranger to cause.
    password = serializers.CharField(max_length=1024, trim_whitespace=False)


@_like({"refresh": _A_TOKEN})
class RefreshInput(Input):
    refresh = serializers.CharField(
        required=False, help_text="Left out, the cookie `refresh_token` is used."
    )


@_like({"access": _A_TOKEN, "refresh": _A_TOKEN, "csrf_token": _A_CSRF_TOKEN})
class TokensOutput(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()
    csrf_token = serializers.CharField()


@_like({"access": _A_TOKEN, "refresh": _A_TOKEN, "csrf_token": _A_CSRF_TOKEN})
class RefreshOutput(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField(
        required=False, help_text="Left out where the token came by cookie, and goes by cookie."
    )
    csrf_token = serializers.CharField()


@_like({"ticket": "Zk3q9vW1", "expires_in": 30})
class TicketOutput(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="seconds")


@_like({"csrf_token": _A_CSRF_TOKEN})
class CsrfOutput(serializers.Serializer[Any]):
    csrf_token = serializers.CharField()


@_like(
    {
        "id": 42,
        "username": "alice",
        "display_name": "Alice",
        "email": "alice@example.com",
        "external_id": None,
        "is_staff": False,
    }
)
class MeOutput(serializers.ModelSerializer[User]):
    display_name = serializers.CharField()

    class Meta:
        model = User
        fields = ("id", "username", "display_name", "email", "external_id", "is_staff")
