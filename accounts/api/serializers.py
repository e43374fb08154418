"""The shapes of `/api/v1/auth`. Passwords and tokens only ever come in or go out whole."""

from typing import Any

from rest_framework import serializers

from accounts.models import User


class SignInInput(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150, trim_whitespace=False)
    # Longer than any passphrase; a hash of megabytes would be work for a stranger to cause.
    password = serializers.CharField(max_length=1024, trim_whitespace=False)


class RefreshInput(serializers.Serializer[Any]):
    refresh = serializers.CharField(
        required=False, help_text="Left out, the cookie `refresh_token` is used."
    )


class TokensOutput(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()
    csrf_token = serializers.CharField()


class TicketOutput(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="seconds")


class CsrfOutput(serializers.Serializer[Any]):
    csrf_token = serializers.CharField()


class MeOutput(serializers.ModelSerializer[User]):
    display_name = serializers.CharField()

    class Meta:
        model = User
        fields = ("id", "username", "display_name", "email", "external_id", "is_staff")


class ErrorOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    # `errors` is also a property of every serializer, which shows only in the type.
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
