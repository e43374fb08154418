"""Parts of answers in the database: only while the answer is the writer's, and once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from chat.assistant.answers import cancellation, chunk_store
from chat.assistant.answers.chunk_store import Chunk, Completion
from chat.assistant.generators.base import Usage
from chat.assistant.models import Status
from tests.chat.assistant.people import ApiUser, asks, events_of, turn, writes

pytestmark = pytest.mark.usefixtures("at_work")


def test_parts_are_appended_and_published_in_one_transaction(alice: ApiUser, bob: ApiUser) -> None:
    one, other = asks(alice), asks(bob, "반품?")
    sources = [{"document_id": "7", "title": "x"}]
    chunks = [Chunk(one.pk, 0, "Hel", sources, "model"), Chunk(other.pk, 0, "네🙂")]
    assert chunk_store.store_chunks("worker", chunks) == set()
    last = [
        Chunk(one.pk, 3, "lo", completion=Completion(Status.COMPLETE, usage=Usage(5, 2))),
        Chunk(other.pk, 2, "!", completion=Completion(Status.FAILED, "MODEL_ERROR", "Why")),
    ]
    assert chunk_store.store_chunks("worker", last) == {one.pk, other.pk}
    first, second = turn(one.pk), turn(other.pk)
    assert (first.content, first.chars, first.status) == ("Hello", 5, "complete")
    assert (first.model, first.prompt_tokens, first.completion_tokens) == ("model", 5, 2)
    assert (second.content, second.chars, second.status) == ("네🙂!", 3, "failed")
    assert (first.worker, second.worker) == ("", "")
    reported = events_of(one.conversation_id)
    assert [event.type for event in reported] == ["start", "token", "token", "sources", "done"]
    assert [event.data["id"] for event in reported] == ["0", "3", "5", "6", "8"]
    assert reported[3].data["sources"] == sources
    reported = events_of(other.conversation_id)
    assert [event.type for event in reported][-3:] == ["sources", "error", "done"]
    assert reported[-2].data | {"id": ""} == {
        "code": "MODEL_ERROR",
        "message": "Why",
        "message_id": str(other.pk),
        "id": "",
    }


def test_a_part_that_was_written_already_is_written_once(alice: ApiUser) -> None:
    answer = asks(alice)
    chunk = Chunk(answer.pk, 0, "Hello")
    for _ in range(2):
        assert chunk_store.store_chunks("worker", [chunk]) == set()
    assert turn(answer.pk).content == "Hello"
    assert [event.type for event in events_of(answer.conversation_id)] == ["start", "token"]


def test_who_has_lost_an_answer_writes_nothing_and_is_told(alice: ApiUser) -> None:
    stopped, swept, gone = asks(alice), asks(alice), asks(alice)
    writes(stopped, "Half")
    cancellation.stop_answer(user_id=alice.id, message_id=stopped.pk)
    with transaction.atomic():
        swept.worker = "another"
        swept.save()
    gone.conversation.delete()
    before = events_of(stopped.conversation_id)
    for answer in (stopped, swept, gone):
        chunk = Chunk(answer.pk, 4, " more", [{"x": 1}], "m", Completion(Status.COMPLETE))
        assert chunk_store.store_chunks("worker", [chunk]) == {answer.pk}
    assert turn(stopped.pk).content == "Half"
    assert turn(stopped.pk).status == "stopped"
    assert turn(swept.pk).content == ""
    assert events_of(stopped.conversation_id) == before


def test_a_long_part_is_told_in_pieces(alice: ApiUser) -> None:
    answer = asks(alice)
    text = "가나다라" * 5_000
    writes(answer, text)
    reported = [event for event in events_of(answer.conversation_id) if event.type == "token"]
    assert "".join(event.data["content"] for event in reported) == text == turn(answer.pk).content
    assert [event.data["id"] for event in reported] == ["8000", "16000", "20000"]


def test_many_answers_cost_as_many_statements_as_one(alice: ApiUser) -> None:
    counts = []
    for many in (1, 3):
        answers = [asks(alice) for _ in range(many)]
        chunks = [Chunk(answer.pk, 0, "Hello") for answer in answers]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            chunk_store.store_chunks("worker", chunks)
        counts.append(len(queries))
        for answer in answers:
            cancellation.stop_answer(user_id=alice.id, message_id=answer.pk)
    assert counts[0] == counts[1]


def test_writing_and_stopping_at_once_leave_what_was_told(
    alice: ApiUser, at_once: Callable[[list[Callable[[], Any]]], list[Any]]
) -> None:
    for _ in range(5):
        answer = asks(alice)
        start = threading.Event()

        def write(pk: int = answer.pk, go: threading.Event = start) -> None:
            go.wait(20)
            for place in range(10):
                chunk_store.store_chunks("worker", [Chunk(pk, place, "x")])

        def stop(pk: int = answer.pk, go: threading.Event = start) -> None:
            go.set()
            cancellation.stop_answer(user_id=alice.id, message_id=pk)

        at_once([write, stop])
        reported = events_of(answer.conversation_id)
        text = "".join(each.data["content"] for each in reported if each.type == "token")
        assert text == turn(answer.pk).content
        assert [each.type for each in reported][-2:] == ["sources", "done"]
        assert reported[-1].data["status"] == "stopped"
