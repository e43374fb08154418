"""Whatever a client can change draws a budget, or stands here with the reason why not."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from accounts.api.throttling import budgets_of
from config import asgi
from config.openapi.hooks import BUDGETS
from realtime.cluster import budgets
from realtime.protocols.json import codec as json_codec
from realtime.registries import commands, stream_views
from tests.openapi.described import schema_of

pytestmark = pytest.mark.once

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
_BODY = "drawn in the view, as the body says what is done; tests/e2e/test_budgets.py shows it"
_SIGN_IN = "not signed in yet: the throttle of sign-ins counts, by name and by address"
EXEMPT = {
    "POST api/v1/auth/token": _SIGN_IN,
    "POST api/v1/auth/token/refresh": "each takes the newest token of a sign-in, which it uses up",
    "POST api/v1/auth/logout": "ends a sign-in, once; must always be possible",
    "POST api/v1/rooms": _BODY,
}
# Beside Django: streams that only show something take a lease of the caller's five connections.
EXEMPT_STREAMS = {
    "sse": "GET, a lease",
    "sse/notifications": "GET, a lease",
    "sse/chat-rooms/<str:id>/messages": "GET, a lease",
    "long-polling": "GET",
    "long-polling/notifications": "GET",
    "long-polling/chat-rooms/<str:id>/messages": "GET",
    "api/v1/chat/message": _BODY.replace("view", "application").replace(", as the body says", ""),
    "api/v1/chat/stream": "the same",
    "api/v1/chat/messages/<str:id>/stream": "GET, a lease",
}
# Of the protocol itself: they write nothing, and every frame counts for the connection's rate.
EXEMPT_COMMANDS = {"ping", "subscribe", "unsubscribe", "refresh"}
# Not for clients: staff, by their permissions, and forms with CSRF tokens.
NOT_REST = ("admin/",)


def routes(
    patterns: list[Any] | None = None, prefix: str = ""
) -> Iterator[tuple[str, type[APIView]]]:
    """Every path that a REST view answers."""
    for pattern in get_resolver("config.urls").url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not path.startswith(NOT_REST):
                yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "cls", None)
            if view is not None:
                yield path, view


def test_every_unsafe_rest_route_draws_a_budget_or_says_why_not() -> None:
    unsafe = {
        f"{method} {path}": budgets_of(view, method)
        for path, view in routes()
        for method in UNSAFE
        if hasattr(view, method.lower())
    }
    assert len(unsafe) > 30
    without = {route for route, drawn in unsafe.items() if not drawn}
    assert without == set(EXEMPT)


def test_every_raw_http_application_is_looked_at() -> None:
    assert {str(route.pattern) for route in asgi._STREAMS} == set(EXEMPT_STREAMS)


def test_every_command_of_the_sockets_draws_a_budget() -> None:
    drawn = {name: budgets.drawn_by(handler) for name, handler in commands.handlers()}
    assert {"message rooms", "ask", "stop"} <= set(drawn)
    assert [name for name, each in drawn.items() if not each] == []
    assert set(json_codec._READERS) == EXEMPT_COMMANDS


def test_every_stomp_destination_that_takes_a_send_draws_a_budget() -> None:
    drawn = {pattern: budgets.drawn_by(sender) for pattern, sender in stream_views.senders()}
    assert len(drawn) >= 2
    assert [pattern for pattern, each in drawn.items() if not each] == []


def test_one_who_says_the_same_over_any_way_draws_the_same() -> None:
    sends_command = {
        names_of(budgets_of(view, "POST")) for path, view in routes() if posts_in_a_room(path)
    }
    commanded = dict(commands.handlers())
    sends_command.add(names_of(budgets.drawn_by(commanded["message rooms"])))
    sends_command |= {names_of(budgets.drawn_by(sender)) for _, sender in stream_views.senders()}
    assert sends_command == {("messages.send",)}
    [again] = [view for path, view in routes() if path.endswith("/regenerate")]
    assert budgets.drawn_by(commanded["ask"]) == budgets_of(again, "POST")


def test_the_schema_names_what_each_operation_draws() -> None:
    schema = schema_of()
    assert "429 `RATE_LIMITED`, with `Retry-After`" in schema["info"]["description"]
    without = [
        f"{method.upper()} {path}"
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if method.upper() in UNSAFE and not operation.get(BUDGETS)
    ]
    answers = ["POST /api/v1/chat/message", "POST /api/v1/chat/stream"]
    sign_ins = [f"POST /{route.removeprefix('POST ')}" for route in EXEMPT if "/auth/" in route]
    assert sorted(without) == sorted(answers + sign_ins)
    assert schema["paths"]["/api/v1/users"]["get"][BUDGETS] == ["people.lookup"]


def test_every_declared_budget_is_drawn_somewhere() -> None:
    used = {
        budget.name
        for _, view in routes()
        for drawn in getattr(view, "draws", {}).values()
        for budget in drawn
    }
    used |= {
        budget.name
        for _, handler in (*commands.handlers(), *stream_views.senders())
        for budget in budgets.drawn_by(handler)
    }
    by_body = {"rooms.create", "rooms.direct", "notifications.recipients"}
    assert {budget.name for budget in budgets.declared()} == used | by_body


def posts_in_a_room(path: str) -> bool:
    return re.search(r"(^|/)messages$", path) is not None


def names_of(drawn: Any) -> tuple[str, ...]:
    return tuple(budget.name for budget in drawn)
