"""Serializers of `/api/v1/auth`."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from typing_extensions import override

from accounts.models import User
from accounts.users.locale import language_named, languages, time_zone_named
from api.inputs import Input
from text.names import TYPED_PER_CHAR, normalize

# Begins as every JWT does; the rest is invented.
_A_TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl"  # noqa: S105
_A_CSRF_TOKEN = "u7d3jK0sVbn4pQ1x"  # noqa: S105


def _like(value: dict[str, Any]) -> Any:
    return extend_schema_serializer(examples=[OpenApiExample("Example", value=value)])


class HintField(serializers.CharField):
    """An optional hint. Invalid values are taken as "", so that they cannot fail a sign-in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, default="", allow_blank=True, allow_null=True, **kwargs)

    @override
    def run_validation(self, data: Any = serializers.empty) -> str:
        return data if isinstance(data, str) else ""


@_like(
    {
        "username": "alice",
        "password": "correct horse battery staple",
        "language": "ko-KR",
        "time_zone": "Asia/Seoul",
    }
)
class SignInInput(Input):
    # A decomposed name has more characters than its stored form.
    username = serializers.CharField(max_length=150 * TYPED_PER_CHAR, trim_whitespace=False)
    # Longer than any passphrase; hashing megabytes would be work that anybody could cause.
    password = serializers.CharField(max_length=1024, trim_whitespace=False)
    language = HintField(help_text="A BCP 47 tag, as `navigator.language` has it.")
    time_zone = HintField(help_text="A name of the IANA time zone database.")

    def validate_username(self, name: str) -> str:
        if len(normalize(name)) > 150:
            raise serializers.ValidationError("Expected at most 150 characters.")
        return name


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
        "language": "ko",
        "time_zone": "Asia/Seoul",
    }
)
class MeOutput(serializers.ModelSerializer[User]):
    display_name = serializers.CharField()
    language = serializers.CharField(allow_null=True, help_text="null while none is known.")
    time_zone = serializers.CharField(allow_null=True, help_text="null while none is known.")

    class Meta:
        model = User
        fields = (
            "id",
            "username",
            "display_name",
            "email",
            "external_id",
            "is_staff",
            "language",
            "time_zone",
        )

    @override
    def to_representation(self, instance: User) -> dict[str, Any]:
        shape = super().to_representation(instance)
        return {
            **shape,
            "language": instance.language or None,
            "time_zone": instance.time_zone or None,
        }


@_like({"language": "ko", "time_zone": "Asia/Seoul"})
class MeInput(Input):
    """The fields of an account that its user may change; omitted ones keep their values."""

    language = serializers.CharField(
        required=False, help_text="A BCP 47 tag; what is kept is the supported language of it."
    )
    time_zone = serializers.CharField(
        required=False, help_text="A name of the IANA time zone database."
    )

    def validate_language(self, value: str) -> str:
        language = language_named(value)
        if not language:
            supported = ", ".join(languages())
            raise serializers.ValidationError(f"Unsupported language; expected one of {supported}.")
        return language

    def validate_time_zone(self, value: str) -> str:
        time_zone = time_zone_named(value)
        if not time_zone:
            raise serializers.ValidationError(
                "Unknown time zone; expected a name such as Asia/Seoul."
            )
        return time_zone
