"""Fields of a job: its one recipient, by any name, and how far it is."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from typing_extensions import override

from notifications import limits
from notifications.api import fields
from notifications.services import By

_ID = {"type": "integer", "format": "int64", "minimum": 1}
_EXTERNAL_ID = {"type": "string", "minLength": 1, "maxLength": limits.EXTERNAL_ID_CHARS}
_USERNAME = {"type": "string", "minLength": 1, "maxLength": limits.USERNAME_CHARS}


def _listed(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1, "maxItems": 1}


class _One(serializers.Field[Any, Any, Any, Any]):
    """One recipient, alone or as a list of one; becomes that list."""

    names: fields._Recipients
    listed = False

    @override
    def to_internal_value(self, data: Any) -> list[Any]:
        if self.listed:
            listed: list[Any] = self.names.to_internal_value(data)
            if len(listed) != 1:
                raise serializers.ValidationError(f"Expected one recipient, got {len(listed)}.")
            return listed
        if not self.names.is_name(data):
            raise serializers.ValidationError(f"Expected {self.names.expected}.")
        single: list[Any] = self.names.to_internal_value([data])
        return single


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
class OneUserId(UserId):
    listed = True


@extend_schema_field(_listed(_EXTERNAL_ID))
class OneExternalId(ExternalId):
    listed = True


@extend_schema_field(_listed(_USERNAME))
class OneUsername(Username):
    listed = True


# What a recipient may be called by, and what that is in a `send`.
RECIPIENT = {
    "user_id": By.USER_ID,
    "external_id": By.EXTERNAL_ID,
    "username": By.USERNAME,
    **{str(by): by for by in By},
}


@extend_schema_field({"type": "number", "format": "double", "minimum": 0, "maximum": 1})
class ProgressField(serializers.Field[Any, Any, Any, Any]):
    """From 0, nothing is done, to 1, all is."""

    @override
    def to_internal_value(self, data: Any) -> float:
        # True is an int too; what is not a number is not within either.
        if type(data) not in (int, float) or not 0 <= data <= 1:
            raise serializers.ValidationError("Expected a number from 0 to 1.")
        return float(data) + 0.0  # no minus zero
