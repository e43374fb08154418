"""Bodies of writes: a field that an operation does not have is refused, not ignored.

A sender who writes `expire_at` for `expires_at` must learn it from a 400, and not from a
notification that never expires.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, TypeGuard

from django.utils.timezone import is_naive
from rest_framework import serializers
from typing_extensions import override

# Enough to see what is wrong, in an answer that stays small whatever came.
_NAMED_FIELDS = 20
_NAMED_CHARS = 64

UNKNOWN_FIELD = "Unknown field."
EXPECTED_INSTANT = "Expected a time with its zone, such as 2026-01-31T12:00:00Z."


def unknown_fields(data: Mapping[str, Any], known: Collection[str]) -> dict[str, list[str]]:
    """`{name: [UNKNOWN_FIELD]}` for the keys of `data` that are not in `known`, the first 20."""
    unknown = [name for name in data if name not in known]
    return {name[:_NAMED_CHARS]: [UNKNOWN_FIELD] for name in unknown[:_NAMED_FIELDS]}


class Input(serializers.Serializer[Any]):
    """A serializer of a write's body, which refuses fields that it does not have."""

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
    """An ISO 8601 time with its offset from UTC, or `Z`. Without one it is refused.

    The server cannot know which zone the sender meant.
    """

    @override
    def enforce_timezone(self, value: datetime) -> datetime:
        if is_naive(value):
            raise serializers.ValidationError(EXPECTED_INSTANT)
        return super().enforce_timezone(value)


class WholeNumber(serializers.IntegerField):
    """An integer, or its decimal digits: ids are accepted in both forms everywhere."""

    @override
    def to_internal_value(self, data: Any) -> int:
        # int() would also take "1_000", " 7 " and other scripts' digits.
        if type(data) is not int and not is_digits(data):
            self.fail("invalid")
        return super().to_internal_value(data)


def is_digits(value: Any) -> TypeGuard[str]:
    """Whether `value` is a text of ASCII digits."""
    return isinstance(value, str) and value.isascii() and value.isdigit()
