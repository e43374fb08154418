"""What every room's own test asks of its part of the OpenAPI description."""

import copy
import functools
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

# What config adds to every description.
STREAMS = ("/sse", "/long-polling", "/api/v1/chat/message", "/api/v1/chat/stream")


def schema_of(urlconf: str | None = None) -> dict[str, Any]:
    """The description of a URLconf, of the project's own unless one is named; a copy of its own."""
    return copy.deepcopy(_schema_of(urlconf or settings.ROOT_URLCONF))


@functools.cache
def _schema_of(urlconf: str) -> dict[str, Any]:
    # Takes a second, and asks nothing but the code.
    generator = SchemaGenerator(urlconf=urlconf)  # type: ignore[no-untyped-call]
    schema: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return schema


def is_described(endpoint: dict[str, Any], statuses: Sequence[str]) -> None:
    """A summary, just these statuses beside those of every endpoint, and an example of each."""
    assert endpoint["summary"]
    everywhere = {"400", "429", "503", *(("413", "415") if "requestBody" in endpoint else ())}
    assert sorted(endpoint["responses"]) == sorted({*statuses, *everywhere})
    for status, answer in endpoint["responses"].items():
        if status != "204":
            assert answer["content"]["application/json"]["examples"], status


def endpoints_of(paths: dict[str, Any]) -> set[tuple[str, str]]:
    """(path, method) of all but the streams."""
    return {
        (path, method)
        for path, methods in paths.items()
        if not path.startswith(STREAMS)
        for method in methods
    }
