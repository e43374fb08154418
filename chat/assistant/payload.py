"""The JSON shapes of conversations and messages (docs/contract.md §8), built nowhere else."""

from collections.abc import Iterable, Sequence
from typing import Any

from api.media.renderers import iso_utc
from chat.assistant import events
from chat.assistant.models import Conversation, Role, Status, Turn
from chat.assistant.retrieval import Passage

Payload = dict[str, Any]


def message(row: Turn) -> Payload:
    """`{message_id, role, content, sources, status, created_at, …}`."""
    shown: Payload = {
        "message_id": str(row.pk),
        "role": row.role,
        "content": row.content,
        "sources": row.sources,
        "status": row.status,
        "created_at": iso_utc(row.created_at),
    }
    if row.role == Role.ASSISTANT:
        ended = row.status != Status.STREAMING
        shown["answers"] = str(row.question_id)
        shown["last_event_id"] = str(events.last_id(row.chars, ended=ended))
        shown["error"] = {"code": row.code, "message": row.fault} if row.code else None
        shown["feedback"] = _feedback(row)
    return shown


def conversation(row: Conversation) -> Payload:
    """`{conversation_id, title, created_at, updated_at}`."""
    return {
        "conversation_id": str(row.pk),
        "title": row.title,
        "created_at": iso_utc(row.created_at),
        "updated_at": iso_utc(row.updated_at),
    }


def full_conversation(row: Conversation, turns: Iterable[Turn]) -> Payload:
    """`conversation` with its `messages`."""
    return {**conversation(row), "messages": [message(turn) for turn in turns]}


def answered(row: Turn) -> Payload:
    """`{conversation_id, message}`."""
    return {"conversation_id": str(row.conversation_id), "message": message(row)}


def sources(passages: Sequence[Passage]) -> list[Payload]:
    """The sources of an answer, as clients see them."""
    return [
        {
            "document_id": passage.document_id,
            "title": passage.title,
            "place": passage.place,
            "snippet": passage.snippet,
            "score": passage.score,
            "url": passage.url,
        }
        for passage in passages
    ]


def answer_end(row: Turn) -> events.End:
    """How an answer has ended, for its event stream."""
    return events.End(
        str(row.conversation_id),
        str(row.pk),
        row.chars,
        row.sources,
        row.status,
        row.code,
        row.fault,
    )


def answer_state(row: Turn) -> events.AnswerState:
    """The current state of an answer, for its event stream."""
    ended = answer_end(row) if row.status != Status.STREAMING else None
    return events.AnswerState(str(row.conversation_id), str(row.pk), row.content, ended)


def _feedback(row: Turn) -> Payload | None:
    return {"rating": row.rating, "comment": row.comment} if row.rating else None
