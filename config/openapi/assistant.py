"""OpenAPI descriptions of the assistant's raw ASGI endpoints, which have no view."""

from collections.abc import Callable
from typing import Any

from chat.assistant.api import schema

# Describes refusals that are the same for all operations.
AddRefusals = Callable[..., None]

_CHAT = "/api/v1/chat"
_ERROR = {"$ref": "#/components/schemas/ErrorOutput"}
_SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}, {"ticket": []}]
_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["message"],
                "properties": {
                    "message": {"type": "string"},
                    "conversation_id": {
                        "type": "string",
                        "nullable": True,
                        "description": "Without it a new conversation begins.",
                    },
                },
            },
            "examples": {
                "A new conversation": {"value": {"message": schema.A_QUESTION["content"]}},
                "The same one": {"value": {"message": "And in winter?", "conversation_id": "12"}},
            },
        }
    },
}
_EVENTS = (
    'retry: 3000\n\nid: 0\ndata: {"type":"start","conversation_id":"12","message_id":"42"}\n\n'
    'id: 7\ndata: {"type":"token","content":"Within "}\n\n'
    'id: 19\ndata: {"type":"token","content":"14 days [1]."}\n\n'
    'id: 20\ndata: {"type":"sources","sources":[]}\n\n'
    'id: 22\ndata: {"type":"done","conversation_id":"12","message_id":"42","status":"complete"}\n\n'
)
_STREAM = {
    "description": "The answer's events, each with an id from which it can be resumed",
    "content": {
        "text/event-stream": {
            # The schema of each event.
            "schema": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "data": {"type": "string", "description": "A JSON object with a `type`."},
                },
            },
            "examples": {"An answer": {"value": _EVENTS}},
        }
    },
}


def paths(add_refusals: AddRefusals) -> dict[str, Any]:
    """Return the descriptions of the three endpoints."""
    whole = {"200": _json("The answer, however it has ended", "AnsweredOutput", schema.ANSWERED)}
    return {
        f"{_CHAT}/message": {
            "post": _question_operation(
                "chat_message", "Ask, and wait for the whole answer", whole, add_refusals
            )
        },
        f"{_CHAT}/stream": {
            "post": _question_operation(
                "chat_stream", "Ask, and follow the answer", {"200": _STREAM}, add_refusals
            )
        },
        f"{_CHAT}/messages/{{message_id}}/stream": {"get": _resume_operation(add_refusals)},
    }


def _question_operation(
    name: str, summary: str, answers: dict[str, Any], add_refusals: AddRefusals
) -> dict[str, Any]:
    answers = {
        **answers,
        "413": _refusals(
            "The question or the body is too long",
            {"code": "TOO_LONG", "message": "A question has at most 4000 characters"},
        ),
        "429": _refusals(
            "Too many answers or connections at once; `Retry-After` tells when to come back",
            {
                "code": "BUSY",
                "message": "3 answers are being written already; wait for one, or stop it",
            },
        ),
    }
    operation = {
        "operationId": name,
        "summary": summary,
        "description": "Who leaves before the end loses nothing: the answer is finished, stored, "
        "and followed at `GET /api/v1/chat/messages/{message_id}/stream`.",
        "tags": ["chat"],
        "requestBody": _BODY,
        "security": _SECURITY,
        "responses": answers,
    }
    add_refusals(operation, "400", "401", "403", "404", "415", "503")
    return operation


def _resume_operation(add_refusals: AddRefusals) -> dict[str, Any]:
    parameters = [
        {"name": "message_id", "in": "path", "required": True, "schema": {"type": "string"}},
        {
            "name": "Last-Event-ID",
            "in": "header",
            "description": "The id of the last event that was seen; without it, from the start.",
            "schema": {"type": "string"},
        },
        {
            "name": "since",
            "in": "query",
            "description": "The same, for clients that cannot set the header.",
            "schema": {"type": "string"},
        },
    ]
    operation = {
        "operationId": "chat_resume",
        "summary": "Follow an answer from any event on, from any instance, after its end too",
        "tags": ["chat"],
        "parameters": parameters,
        "security": _SECURITY,
        "responses": {
            "200": _STREAM,
            "204": {"description": "All of it was seen: there is nothing to come back for"},
        },
    }
    add_refusals(operation, "400", "401", "403", "404", "429", "503")
    return operation


def _json(description: str, component: str, example: Any) -> dict[str, Any]:
    content = {
        "schema": {"$ref": f"#/components/schemas/{component}"},
        "examples": {"Answer": {"value": example}},
    }
    return {"description": description, "content": {"application/json": content}}


def _refusals(description: str, example: Any) -> dict[str, Any]:
    content = {"schema": _ERROR, "examples": {"Refused": {"value": example}}}
    return {"description": description, "content": {"application/json": content}}
