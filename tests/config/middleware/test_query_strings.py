"""Queries with many fields are refused on every transport, before they are taken apart."""

from typing import Any

import pytest

from config.asgi import application
from config.middleware.query_strings import MAX_FIELDS, limit_query_fields
from tests.config.middleware.asgi import Connection, get_scope

pytestmark = pytest.mark.once

FIELDS = b"&".join([b"a=b"] * MAX_FIELDS)


def scope_of(path: str, query: bytes, kind: str = "http") -> Any:
    return get_scope(path) | {"type": kind, "query_string": query, "subprotocols": []}


@pytest.mark.parametrize(
    "path",
    ["/sse", "/long-polling", "/ws/info", "/ws/a/b/eventsource", "/api/v1/rooms", "/healthz"],
)
async def test_a_query_of_too_many_fields_is_refused_on_every_path(path: str) -> None:
    connection = Connection()

    await application(scope_of(path, FIELDS + b"&a=b"), connection.receive, connection.send)

    assert (connection.status, connection.body[:17]) == (400, b'{"code":"INVALID"')


@pytest.mark.parametrize("path", ["/ws", "/ws/a/b/websocket", "/api/v1/notifications/ws"])
async def test_a_handshake_of_too_many_fields_is_refused(path: str) -> None:
    connection = Connection()
    connection.incoming.put_nowait({"type": "websocket.connect"})
    scope = scope_of(path, FIELDS + b"&a=b", "websocket")

    await application(scope, connection.receive, connection.send)

    assert [message["type"] for message in connection.sent] == ["websocket.close"]


async def test_as_many_fields_as_are_allowed_pass() -> None:
    seen: list[Any] = []

    async def keeps(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["query_string"])

    connection = Connection()
    await limit_query_fields(keeps)(scope_of("/", FIELDS), connection.receive, connection.send)

    assert seen == [FIELDS]
