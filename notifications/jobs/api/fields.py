"""Fields of a job: its recipients and its progress."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from typing_extensions import override

from notifications import limits
from notifications.api import fields
from notifications.conf import conf
from notifications.services import RecipientKind

_ID = {"type": "integer", "format": "int64", "minimum": 1}
_EXTERNAL_ID = {"type": "string", "minLength": 1, "maxLength": limits.EXTERNAL_ID_CHARS}
_USERNAME = {"type": "string", "minLength": 1, "maxLength": limits.USERNAME_CHARS}


def _listed(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1, "maxItems": conf().job_recipients}


class _One(serializers.Field[Any, Any, Any, Any]):
    """A single recipient, returned as a list."""

    names: fields._Recipients

    @override
    def to_internal_value(self, data: Any) -> list[Any]:
        if not self.names.is_name(data):
            raise serializers.ValidationError(f"Expected {self.names.expected}.")
        single: list[Any] = self.names.to_internal_value([data])
        return single


class _Some(serializers.Field[Any, Any, Any, Any]):
    """A list of recipients, up to the maximum of a job."""

    names: fields._Recipients

    @override
    def to_internal_value(self, data: Any) -> list[Any]:
        listed: list[Any] = self.names.to_internal_value(data)
        if len(listed) > conf().job_recipients:
            raise serializers.ValidationError(
                f"Expected 1 to {conf().job_recipients} recipients, got {len(listed)}."
            )
        return listed


@extend_schema_field(_ID)
class UserId(_One):
    names = fields.UserIds()


@extend_schema_field(_EXTERNAL_ID)
class ExternalId(_One):
    names = fields.ExternalIds()


@extend_schema_field(_USERNAME)
class Username(_One):
    names = fields.Usernames()


@extend_schema_field(_listed(_ID))
class SomeUserIds(_Some):
    names = fields.UserIds()


@extend_schema_field(_listed(_EXTERNAL_ID))
class SomeExternalIds(_Some):
    names = fields.ExternalIds()


@extend_schema_field(_listed(_USERNAME))
class SomeUsernames(_Some):
    names = fields.Usernames()


# The fields for recipients, and the kind of each.
RECIPIENT = {
    "user_id": RecipientKind.USER_ID,
    "external_id": RecipientKind.EXTERNAL_ID,
    "username": RecipientKind.USERNAME,
    **{str(kind): kind for kind in RecipientKind},
}


@extend_schema_field({"type": "number", "format": "double", "minimum": 0, "maximum": 1})
class ProgressField(serializers.Field[Any, Any, Any, Any]):
    """A number from 0 (nothing is done) to 1 (everything is)."""

    @override
    def to_internal_value(self, data: Any) -> float:
        # True is an int too; NaN is not within the range either.
        if type(data) not in (int, float) or not 0 <= data <= 1:
            raise serializers.ValidationError("Expected a number from 0 to 1.")
        return float(data) + 0.0  # no minus zero
