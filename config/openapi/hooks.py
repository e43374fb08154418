"""Completes the OpenAPI document: endpoints without a view, and refusals common to all.

drf-spectacular calls these hooks (SPECTACULAR_SETTINGS). Paths that exist below a second prefix are
described once, and copied with names of their own.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from drf_spectacular.drainage import get_override

from accounts.api.throttling import budgets_of
from api.inputs import Input
from config.openapi import assistant
from realtime import MAX_TOPICS

# A prefix, and the older prefix of the same views.
_ALIASES = {
    "/api/v1/notifications": "/notification/api/v1/notifications",
    "/api/v1/messages": "/messages",
}
_METHODS = {"get", "put", "post", "patch", "delete"}
# The budgets that an operation spends; docs/operations.md lists them.
BUDGETS = "x-budgets"
_INTRODUCTION = (
    f"An operation with `{BUDGETS}` draws these budgets of its caller. Where one is spent it is "
    "answered 429 `RATE_LIMITED`, with `Retry-After`, and nothing is done."
)
_ERROR = {"$ref": "#/components/schemas/ErrorOutput"}
_REFUSALS: dict[str, tuple[str, dict[str, str]]] = {
    "400": ("Nothing that can be understood", {"code": "INVALID", "message": "Bad request"}),
    "401": (
        "No credential, or one that opens nothing",
        {"code": "AUTH_ERROR", "message": "Authentication failed"},
    ),
    "403": ("Not for this caller", {"code": "FORBIDDEN", "message": "Forbidden"}),
    "404": ("Not there, or not the caller's", {"code": "NOT_FOUND", "message": "Not found"}),
    "413": (
        "The body is larger than is allowed",
        {"code": "MESSAGE_TOO_LARGE", "message": "Request body too large"},
    ),
    "415": (
        "The body is not JSON",
        {"code": "INVALID", "message": 'Unsupported media type "text/csv" in request.'},
    ),
    "429": (
        "Too many; `Retry-After` tells when to come back",
        {"code": "RATE_LIMITED", "message": "Too many requests"},
    ),
    "503": (
        "This instance cannot; come back after `Retry-After`",
        {"code": "UNAVAILABLE", "message": "The server is busy. Try again."},
    ),
}
# Refusals that may pass with time.
_PASSING = ("429", "503")
_RETRY_AFTER = {
    "description": "Seconds after which to come back.",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}


def without_aliases(endpoints: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Leave out the older prefixes: their operations would take the names of the newer ones."""
    older = tuple(_ALIASES.values())
    return [endpoint for endpoint in endpoints if not endpoint[0].startswith(older)]


def complete(result: dict[str, Any], generator: Any = None, **_: Any) -> dict[str, Any]:
    """Add what the views do not describe."""
    paths: dict[str, Any] = result["paths"]
    for path, _regex, method, callback in generator.endpoints if generator else ():
        if drawn := budgets_of(callback.cls, method):
            paths[path][method.lower()][BUDGETS] = [budget.name for budget in drawn]
    result["info"]["description"] = _INTRODUCTION
    paths.update(_streams())
    paths.update(assistant.paths(_add_refusals))
    for _path, operation in _operations(paths):
        # Middleware in front of every view may refuse: a malformed URL, a body that is not JSON,
        # too many requests of a user or an address, an instance that is busy or shuts down.
        _add_refusals(operation, "400", *_PASSING)
        if {} not in operation.get("security", [{}]):
            _add_refusals(operation, "401", "403")
        if "requestBody" in operation:
            _add_refusals(operation, "413", "415")
    for prefix, older in _ALIASES.items():
        for path in [path for path in paths if path.startswith(prefix)]:
            paths[older + path.removeprefix(prefix)] = _alias_of(paths[path])
    result["paths"] = dict(sorted(paths.items()))
    _close_inputs(result["components"]["schemas"])
    return result


def _close_inputs(schemas: dict[str, Any]) -> None:
    """Declare that the body of every write accepts no other fields."""
    pending = list(Input.__subclasses__())
    while pending:
        serializer = pending.pop()
        pending.extend(serializer.__subclasses__())
        component = get_override(serializer, "component_name", serializer.__name__)
        for name in (component, f"Patched{component}"):
            if name in schemas:
                schemas[name]["additionalProperties"] = False


def _operations(paths: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in paths.items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, operation


def _add_refusals(operation: dict[str, Any], *statuses: str) -> None:
    """Describe these refusals, and add examples where the views have none."""
    answers = operation["responses"]
    for status in {*statuses, *(answers.keys() & _REFUSALS.keys())}:
        about, example = _REFUSALS[status]
        examples = {"Refused": {"value": example}}
        content = {"application/json": {"schema": _ERROR, "examples": examples}}
        known = answers.setdefault(status, {"description": about, "content": content})
        for kind in known.get("content", {}).values():
            kind.setdefault("examples", examples)
        known["description"] = known["description"] or about
        if status in _PASSING:
            known.setdefault("headers", {})["Retry-After"] = _RETRY_AFTER


def _alias_of(item: dict[str, Any]) -> dict[str, Any]:
    copied = deepcopy(item)
    for _path, operation in _operations({"": copied}):
        operation["operationId"] += "_at_the_older_path"
        operation["summary"] += " (the same at an older path)"
    return copied


# --- endpoints outside Django's URLs --------------------------------------------------------------

_ROOM = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
_SINCE = {
    "name": "since",
    "in": "query",
    "description": "The position to go on from, as it was given.",
    "schema": {"type": "string"},
}
_TOPIC = {
    "name": "topic",
    "in": "query",
    "required": True,
    "description": (
        "Any that the caller may read: `users/{id}`, `broadcast`, `rooms/{id}`,"
        " `conversations/{id}`. Several are merged"
        " into one stream; `since` has their positions in the same order, those without one last."
    ),
    "schema": {"type": "array", "items": {"type": "string"}, "maxItems": MAX_TOPICS},
    "explode": True,
}
_TIMEOUT = {
    "name": "timeout",
    "in": "query",
    "description": "Seconds to wait, at most and by default 30.",
    "schema": {"type": "integer", "minimum": 0},
}


def _streams() -> dict[str, Any]:
    return {
        "/sse": _stream("sse_topic", "Any topics, in envelopes", [_TOPIC]),
        "/sse/notifications": _stream("sse_notifications", "Notifications as they come", []),
        "/sse/chat-rooms/{id}/messages": _stream("sse_room", "Messages of a room", [_ROOM]),
        "/long-polling": _poll("poll_topic", "Any topics, in envelopes, polled", [_TOPIC]),
        "/long-polling/notifications": _poll("poll_notifications", "Notifications, polled", []),
        "/long-polling/chat-rooms/{id}/messages": _poll(
            "poll_room", "Messages of a room, polled", [_ROOM]
        ),
    }


def _stream(name: str, summary: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    last = {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "The same as `since`; a browser sends it by itself.",
        "schema": {"type": "string"},
    }
    text = 'retry: 3000\n\nid: 5f0c2a9be1d4:8\ndata: {"id":77,"title":"On its way"}\n\n'
    content = {
        "text/event-stream": {
            "schema": {"type": "string"},
            "examples": {"A notification": {"value": text}},
        }
    }
    answers = {"200": {"description": "Until it ends", "content": content}}
    return _operation(name, summary, [*parameters, _SINCE, last], answers)


def _poll(name: str, summary: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    position = {"description": "The next `since`.", "schema": {"type": "string"}}
    recovered = {"description": "`false` tells a gap: refetch.", "schema": {"type": "string"}}
    schema = {"type": "array", "items": {"type": "object", "additionalProperties": True}}
    content = {"application/json": {"schema": schema, "examples": {"Nothing came": {"value": []}}}}
    answers = {
        "200": {
            "description": "What came",
            "headers": {"Realtime-Position": position, "Realtime-Recovered": recovered},
            "content": content,
        }
    }
    return _operation(name, summary, [*parameters, _SINCE, _TIMEOUT], answers)


def _operation(
    name: str, summary: str, parameters: list[dict[str, Any]], answers: dict[str, Any]
) -> dict[str, Any]:
    operation = {
        "operationId": name,
        "summary": summary,
        "tags": ["streams"],
        "parameters": parameters,
        "security": [{"bearer": []}, {"cookie": []}, {"ticket": []}],
        "responses": answers,
    }
    _add_refusals(operation, "401", "403", "404", "429", "503")
    return {"get": operation}
