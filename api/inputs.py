"""Bodies of writes: an unknown field is an error, instead of being ignored.

A client that sends `expire_at` for `expires_at` gets a 400, rather than a notification that never
expires.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, TypeGuard

from django.utils.timezone import is_naive
from rest_framework import serializers
from typing_extensions import override

# Enough to find the mistake, in a response whose size is limited.
_NAMED_FIELDS = 20
_NAMED_CHARS = 64

UNKNOWN_FIELD = "Unknown field."
EXPECTED_INSTANT = "Expected a time with its zone, such as 2026-01-31T12:00:00Z."


def unknown_fields(data: Mapping[str, Any], known: Collection[str]) -> dict[str, list[str]]:
    """Return `{name: [UNKNOWN_FIELD]}` for keys of `data` not in `known`; the first 20."""
    unknown = [name for name in data if name not in known]
    return {name[:_NAMED_CHARS]: [UNKNOWN_FIELD] for name in unknown[:_NAMED_FIELDS]}


class Input(serializers.Serializer[Any]):
    """A serializer for the body of a write, which refuses unknown fields."""

    @override
    def to_internal_value(self, data: Any) -> Any:
        unknown = unknown_fields(data, self.fields) if isinstance(data, Mapping) else {}
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if unknown and isinstance(error.detail, dict):
                raise serializers.ValidationError({**error.detail, **unknown}) from None
            raise
        if unknown:
            raise serializers.ValidationError(unknown)
        return value


class InstantField(serializers.DateTimeField):
    """An ISO 8601 time with its offset from UTC, or `Z`.

    A time without an offset is refused: its zone is unknown.
    """

    @override
    def enforce_timezone(self, value: datetime) -> datetime:
        if is_naive(value):
            raise serializers.ValidationError(EXPECTED_INSTANT)
        return super().enforce_timezone(value)


class WholeNumber(serializers.IntegerField):
    """An integer or its decimal digits: ids are accepted in both forms everywhere."""

    @override
    def to_internal_value(self, data: Any) -> int:
        # int() would also accept "1_000", " 7 " and digits of other scripts.
        if type(data) is not int and not is_digits(data):
            self.fail("invalid")
        return super().to_internal_value(data)


def is_digits(value: Any) -> TypeGuard[str]:
    """Whether `value` is a string of ASCII digits."""
    return isinstance(value, str) and value.isascii() and value.isdigit()
