"""Fields of a `send`, limited to what a database can store and a browser can open."""

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
    """A list of recipients, validated in one pass, as there may be 10,000."""

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
    """Integers or their decimal digits, as many clients keep ids as strings."""

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
    """A longer value belongs to nobody, and is not repeated in an error."""

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
        # A decomposed name has more characters than its stored form.
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
    """The category of a registered type."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=limits.CATEGORY_CHARS, **kwargs)

    @override
    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if name not in types.categories():
            raise serializers.ValidationError(f"Unknown category: {name}")
        return name


class LinkField(serializers.CharField):
    """A path of this site, or an http(s) URL. Anything else could be a script or a phishing
    link.
    """

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
    """The sender's own object, at most 4 KiB as JSON.

    Front ends open `routing.path` on a click, so the same values are valid as for `link`.
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
    """Whether it is a valid link or empty: `null` and "" lead nowhere, as for `link`."""
    if path is None or path == "":
        return True
    return isinstance(path, str) and len(path) <= limits.LINK_CHARS and _is_link(path)


def _is_link(link: str) -> bool:
    return _is_path(link) or _is_url(link)


def _is_path(link: str) -> bool:
    # Browsers interpret `//host` and `/\host` as another site.
    return link.startswith("/") and link[1:2] not in ("/", "\\") and _is_one_line(link)


def _is_url(link: str) -> bool:
    if not link.lower().startswith(("http://", "https://")) or not _is_one_line(link):
        return False
    try:
        return bool(urlsplit(link).hostname)
    except ValueError:  # a bracket without an IPv6 address
        return False


def _is_one_line(link: str) -> bool:
    # Browsers drop tabs and line ends anywhere: `/\t/host` would become `//host`.
    return link.isprintable() and not any(char.isspace() for char in link)
