"""Request bodies: JSON objects, without text that a database cannot store."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.parsers import BaseParser
from typing_extensions import override

from api import case, limits
from api.conf import conf
from api.errors import ApiError, Code
from text.storable import has_nul


class JsonParser(BaseParser):
    """Parses `application/json`: a JSON object of at most `BELLWIRE_MAX_BODY_BYTES`.

    Responds 400 to invalid JSON (RFC 8259, which excludes NaN and lone surrogates), to values that
    are not objects, to NUL characters (PostgreSQL cannot store them), and to nesting deeper than
    `limits.MAX_JSON_DEPTH`. Fields are renamed to the case of the code (api/case.py).
    """

    media_type = "application/json"

    @override
    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        max_bytes = conf().max_body_bytes
        # `read()` bypasses Django's DATA_UPLOAD_MAX_MEMORY_SIZE, which limits `request.body`.
        raw: bytes = stream.read(max_bytes + 1)
        if len(raw) > max_bytes:
            raise ApiError(Code.MESSAGE_TOO_LARGE, f"A body has at most {max_bytes} bytes")
        context = parser_context or {}
        names = case.names_of(context.get("view"))
        return case.snake_fields(parse_object(raw), context.get("request"), names)


def parse_object(raw: bytes) -> dict[str, Any]:
    """Parse the JSON object in `raw`. Raises `ApiError` (INVALID)."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ApiError(Code.INVALID, f"Not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ApiError(Code.INVALID, "Expected a JSON object")
    # Both searches run over bytes at memory speed, and spare nearly every body the walk: a NUL can
    # only be written as an escape, and few brackets cannot nest deeply.
    may_contain_nul = b"\\u0000" in raw
    if may_contain_nul or raw.count(b"[") + raw.count(b"{") > limits.MAX_JSON_DEPTH:
        _check_strings_and_depth(value)
    return value


def _check_strings_and_depth(root: Any) -> None:
    """Refuse NUL characters and deep nesting. Iterative, as the input decides the depth."""
    pending = [(root, 1)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, str):
            _refuse_nul(value)
            continue
        if isinstance(value, dict):
            for key in value:
                _refuse_nul(key)
            children = list(value.values())
        elif isinstance(value, list):
            children = value
        else:
            continue
        if depth > limits.MAX_JSON_DEPTH:
            raise ApiError(Code.INVALID, f"Nested deeper than {limits.MAX_JSON_DEPTH} levels")
        pending.extend((child, depth + 1) for child in children)


def _refuse_nul(text: str) -> None:
    if has_nul(text):
        raise ApiError(Code.INVALID, "Text must not contain NUL characters")
