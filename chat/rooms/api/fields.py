"""Input fields that accept only what the database can store, without coercion."""

from typing import Any

import orjson
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from typing_extensions import override

from chat.rooms import limits


@extend_schema_field({"type": "object", "additionalProperties": True})
class SettingsField(serializers.Field[Any, Any, Any, Any]):
    """An object, at most 4 KiB as JSON."""

    @override
    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("Expected a JSON object.")
        size = len(orjson.dumps(data))
        if size > limits.SETTINGS_BYTES:
            raise serializers.ValidationError(
                f"Expected at most {limits.SETTINGS_BYTES} bytes of JSON, got {size}."
            )
        return data
