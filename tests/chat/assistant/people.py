"""What tests do without the API: ask, write as a worker does, and read the log."""

from typing import Any

from chat.assistant.answers import chunk_store, questions
from chat.assistant.answers.chunk_store import Chunk, Completion
from chat.assistant.models import Status, Turn, topic_of
from tests.chat.rooms.people import ApiUser
from tests.support.events import Event, events_on

__all__ = ["Event", "ApiUser", "asks", "events_of", "turn", "writes"]


def asks(person: ApiUser, message: str = "How long?", conversation_id: int | None = None) -> Turn:
    """Ask; the answer that has begun. Needs the fixture `at_work`."""
    asked = questions.ask(user_id=person.id, message=message, conversation_id=conversation_id)
    return turn(asked.answer_id)


def writes(
    answer: Turn, text: str, status: Status | None = None, *, worker: str = "worker", **more: Any
) -> set[int]:
    """Write as a worker does; what is not the worker's any more."""
    after = turn(answer.pk).chars
    completion = None if status is None else Completion(status, **more)
    return chunk_store.store_chunks(worker, [Chunk(answer.pk, after, text, completion=completion)])


def turn(pk: int) -> Turn:
    return Turn.objects.get(pk=pk)


def events_of(conversation_id: int, after: int = 0) -> list[Event]:
    """What a client is replayed of the conversation."""
    return events_on(topic_of(conversation_id), after)
