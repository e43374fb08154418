"""Response bodies: JSON by orjson, with times always in the same format."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer
from typing_extensions import override

from api import case

# orjson would omit a fraction of zero, so that one field would have two formats.
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


class JsonRenderer(BaseRenderer):
    """Renders `application/json` in UTF-8, in the requested case. None renders as an empty body."""

    media_type = "application/json"
    format = "json"
    charset = None

    @override
    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        context = renderer_context or {}
        if case.is_camel(context.get("request")):
            data = _camel_cased(data, context)
        return orjson.dumps(data, default=_encode, option=_OPTIONS)


def _camel_cased(data: Any, context: Mapping[str, Any]) -> Any:
    names = case.names_of(context.get("view"))
    response = context.get("response")
    if not getattr(response, "exception", False):
        return names.camel(data)
    if isinstance(data, Mapping) and "message" in data:
        return names.camel_error(data)
    return data


def iso_utc(instant: datetime) -> str:
    """Format as `2026-01-31T12:00:00.000000Z`: ISO 8601, UTC, always with microseconds."""
    if instant.tzinfo is not None:
        instant = instant.astimezone(UTC).replace(tzinfo=None)
    return instant.isoformat(timespec="microseconds") + "Z"


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso_utc(value)
    if isinstance(value, Decimal | Promise | uuid.UUID):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"expected a value that JSON can carry, got {type(value).__name__}")
