"""Fields of a `send`: what they take is what the database can hold and a browser can follow."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

import orjson
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from typing_extensions import override

from api.inputs import is_digits
from api.limits import MAX_ID_DIGITS
from notifications import limits, types
from text.names import TYPED_PER_CHAR, normalize

EXPECTED_LINK = "Expected a path (/orders/7) or an http(s) URL."


def _listed(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1, "maxItems": limits.RECIPIENTS}


class _Recipients(serializers.Field[Any, Any, Any, Any]):
    """A list of recipients, examined in one pass: there may be 10,000."""

    expected: ClassVar[str]

    @override
    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            raise serializers.ValidationError("Expected a list.")
        if not 0 < len(data) <= limits.RECIPIENTS:
            raise serializers.ValidationError(
                f"Expected 1 to {limits.RECIPIENTS} recipients, got {len(data)}."
            )
        for place, name in enumerate(data):
            if not self.is_name(name):
                raise serializers.ValidationError(f"Expected {self.expected} at place {place}.")
        return data

    def is_name(self, value: Any) -> bool:
        raise NotImplementedError


@extend_schema_field(_listed({"type": "integer", "format": "int64", "minimum": 1}))
class UserIds(_Recipients):
    """Integers, or their decimal digits: many clients keep ids as texts."""

    expected = "a whole number"

    @override
    def to_internal_value(self, data: Any) -> list[Any]:
        return [int(name) for name in super().to_internal_value(data)]

    @override
    def is_name(self, value: Any) -> bool:
        if isinstance(value, str):
            return len(value) <= MAX_ID_DIGITS and is_digits(value)
        return type(value) is int  # True is an int too


class _Names(_Recipients):
    """What is longer can be nobody's, and is not repeated in an error."""

    most: ClassVar[int]

    @override
    def is_name(self, value: Any) -> bool:
        return isinstance(value, str) and 0 < len(value) <= self.most


@extend_schema_field(
    _listed({"type": "string", "minLength": 1, "maxLength": limits.EXTERNAL_ID_CHARS})
)
class ExternalIds(_Names):
    most = limits.EXTERNAL_ID_CHARS
    expected = f"a text of 1 to {most} characters"


@extend_schema_field(
    _listed({"type": "string", "minLength": 1, "maxLength": limits.USERNAME_CHARS})
)
class Usernames(_Names):
    most = limits.USERNAME_CHARS
    expected = f"a text of 1 to {most} characters"

    @override
    def is_name(self, value: Any) -> bool:
        # Decomposed, a name has more characters than it is stored with.
        if not isinstance(value, str) or len(value) > self.most * TYPED_PER_CHAR:
            return False
        return super().is_name(normalize(value))


class TypeField(serializers.CharField):
    """The name of a registered type."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=limits.TYPE_CHARS, **kwargs)

    @override
    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if types.find(name) is None:
            raise serializers.ValidationError(f"Unknown type: {name}")
        return name


class CategoryField(serializers.CharField):
    """The name of a category that a registered type is in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=limits.CATEGORY_CHARS, **kwargs)

    @override
    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if name not in types.categories():
            raise serializers.ValidationError(f"Unknown category: {name}")
        return name


class LinkField(serializers.CharField):
    """A path of this site, or an http(s) URL. Everything else could be a script's or a trap."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=limits.LINK_CHARS, trim_whitespace=False, **kwargs)

    @override
    def to_internal_value(self, data: Any) -> str:
        link = super().to_internal_value(data)
        if not _is_link(link):
            raise serializers.ValidationError(EXPECTED_LINK)
        return link


@extend_schema_field({"type": "object", "additionalProperties": True})
class DataField(serializers.Field[Any, Any, Any, Any]):
    """An object of the sender's own, at most 4 KiB as JSON.

    `routing.path` is where front ends lead a click, so it takes what `link` takes.
    """

    @override
    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("Expected a JSON object.")
        size = len(orjson.dumps(data))
        if size > limits.DATA_BYTES:
            raise serializers.ValidationError(
                f"Expected at most {limits.DATA_BYTES} bytes of JSON, got {size}."
            )
        routing = data.get("routing")
        if isinstance(routing, dict) and not _is_route(routing.get("path")):
            raise serializers.ValidationError({"routing.path": [EXPECTED_LINK]})
        return data


def _is_route(path: Any) -> bool:
    """A link, or none: `null` and "" lead nowhere, as they do for `link`."""
    if path is None or path == "":
        return True
    return isinstance(path, str) and len(path) <= limits.LINK_CHARS and _is_link(path)


def _is_link(link: str) -> bool:
    return _is_path(link) or _is_url(link)


def _is_path(link: str) -> bool:
    # Browsers read `//host` and `/\host` as another site.
    return link.startswith("/") and link[1:2] not in ("/", "\\") and _is_one_line(link)


def _is_url(link: str) -> bool:
    if not link.lower().startswith(("http://", "https://")) or not _is_one_line(link):
        return False
    try:
        return bool(urlsplit(link).hostname)
    except ValueError:  # a bracket that opens no IPv6 address
        return False


def _is_one_line(link: str) -> bool:
    # Browsers drop tabs and line ends anywhere: `/\t/host` would be `//host`.
    return link.isprintable() and not any(char.isspace() for char in link)
