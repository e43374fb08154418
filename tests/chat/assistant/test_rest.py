"""Conversations over REST, and what may be done to answers."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from api.errors import ApiError
from chat.assistant import conversations
from chat.assistant.answers import cancellation, questions
from chat.assistant.answers.supervisor import supervisor
from chat.assistant.models import Conversation, Status, Turn, topic_of
from realtime.log import event_log
from realtime.models import Entry
from realtime.protocol.messages import Position
from tests.chat.assistant.people import ApiUser, asks, events_of, turn, writes
from tests.chat.rooms.people import faults, refusal

pytestmark = pytest.mark.usefixtures("at_work")

LIST = "/chat/conversations"


def done(answer: Turn, text: str = "Within 14 days.") -> Turn:
    writes(answer, text, Status.COMPLETE)
    return turn(answer.pk)


def test_a_conversation_is_listed_read_renamed_and_deleted(alice: ApiUser) -> None:
    first = done(asks(alice, "  How long may I\nsend goods back?  "))
    second = done(asks(alice, "반품 기간은?"))
    listed = alice.asks(LIST)["results"]
    assert [row["title"] for row in listed] == ["반품 기간은?", "How long may I send goods back?"]
    assert [row["conversation_id"] for row in listed] == [
        str(second.conversation_id),
        str(first.conversation_id),
    ]
    path = f"{LIST}/{first.conversation_id}"
    question, answer = alice.asks(path)["messages"]
    assert (question["role"], question["content"]) == (
        "user",
        "How long may I\nsend goods back?",
    )
    assert answer["content"] == "Within 14 days."
    assert answer["answers"] == question["message_id"]
    assert all(isinstance(row["message_id"], str) for row in (question, answer))
    renamed = alice.patch(path, title=" Returns ")
    assert (renamed.status_code, renamed.json()["title"]) == (200, "Returns")
    assert events_of(first.conversation_id)[-1].data["title"] == "Returns"
    # Asking on brings it to the front.
    done(asks(alice, "And in winter?", first.conversation_id))
    assert alice.asks(LIST)["results"][0]["title"] == "Returns"
    assert alice.delete(path).status_code == 204
    assert refusal(alice.get(path)) == (404, "NOT_FOUND")
    assert refusal(alice.delete(path)) == (404, "NOT_FOUND")
    assert [row["title"] for row in alice.asks(LIST)["results"]] == ["반품 기간은?"]


def test_deleting_leaves_nothing_of_it_and_its_topic_ends(alice: ApiUser) -> None:
    answer = asks(alice, "A secret?")
    writes(answer, "A secret.")
    alice.delete(f"{LIST}/{answer.conversation_id}")
    assert not Turn.objects.exists()
    topic = topic_of(answer.conversation_id)
    left = list(Entry.objects.filter(topic=topic).values_list("type", flat=True))
    assert left == ["conversation.deleted"]
    assert not event_log.read({topic: Position(None, 0)})[1][topic].recovered
    # Where it was being written, nothing is written any more.
    assert writes_on(answer) == {answer.pk}


def writes_on(answer: Turn) -> set[int]:
    from chat.assistant.answers import chunk_store

    return chunk_store.store_chunks("worker", [chunk_store.Chunk(answer.pk, 9, "x")])


def test_conversations_and_answers_of_others_are_not_there(alice: ApiUser, bob: ApiUser) -> None:
    answer = done(asks(alice))
    running = asks(alice)
    for path in (f"{LIST}/{answer.conversation_id}", f"{LIST}/999", f"{LIST}/x", f"{LIST}/01"):
        assert refusal(bob.get(path)) == (404, "NOT_FOUND")
        assert refusal(bob.patch(path, title="x")) == (404, "NOT_FOUND")
        assert refusal(bob.delete(path)) == (404, "NOT_FOUND")
    for name in (str(answer.pk), str(running.pk), "999", "x", "9" * 40):
        for act in ("stop", "regenerate"):
            assert refusal(bob.post(f"/chat/messages/{name}/{act}")) == (404, "NOT_FOUND")
        path = f"/chat/messages/{name}/feedback"
        assert refusal(bob.post(path, rating="up")) == (404, "NOT_FOUND")
    with pytest.raises(ApiError, match="Not found"):
        questions.ask(user_id=bob.id, message="x", conversation_id=answer.conversation_id)
    assert bob.asks(LIST)["results"] == []
    assert turn(running.pk).status == "streaming"


def test_a_question_is_no_answer(alice: ApiUser) -> None:
    question = done(asks(alice)).question_id
    for act in ("stop", "regenerate"):
        assert refusal(alice.post(f"/chat/messages/{question}/{act}")) == (404, "NOT_FOUND")


def test_stopping_keeps_what_there_is_and_stopping_again_changes_nothing(alice: ApiUser) -> None:
    answer = asks(alice)
    writes(answer, "Within")
    path = f"/chat/messages/{answer.pk}/stop"
    stopped = alice.does(path)
    assert (stopped["status"], stopped["content"]) == ("stopped", "Within")
    before = events_of(answer.conversation_id)
    assert [event.type for event in before] == ["start", "token", "sources", "done"]
    assert alice.does(path) == stopped
    assert events_of(answer.conversation_id) == before


def test_regenerating_makes_another_answer_beside_the_first(alice: ApiUser) -> None:
    first = asks(alice)
    path = f"/chat/messages/{first.pk}/regenerate"
    assert refusal(alice.post(path)) == (409, "CONFLICT")
    done(first)
    begun = alice.does(path)
    assert begun["conversation_id"] == str(first.conversation_id)
    second = begun["message"]
    assert (second["status"], second["answers"]) == ("streaming", str(first.question_id))
    done(turn(int(second["message_id"])), "In winter 30.")
    shown = alice.asks(f"{LIST}/{first.conversation_id}")["messages"]
    assert [row["content"] for row in shown] == ["How long?", "Within 14 days.", "In winter 30."]


def test_feedback_is_kept_the_last_word_counts(alice: ApiUser) -> None:
    answer = done(asks(alice))
    path = f"/chat/messages/{answer.pk}/feedback"
    assert alice.does(path, rating="up")["feedback"] == {"rating": "up", "comment": ""}
    given = alice.does(path, rating=2, comment="Too long")
    assert given["feedback"] == {"rating": "2", "comment": "Too long"}
    for bad in ({}, {"rating": 6}, {"rating": True}, {"rating": "x"}, {"rating": [1]}):
        assert faults(alice.post(path, **bad)) == ["rating"]
    assert faults(alice.post(path, rating=1, comment="x" * 2_001)) == ["comment"]
    running = asks(alice)
    path = f"/chat/messages/{running.pk}/feedback"
    assert refusal(alice.post(path, rating="up")) == (409, "CONFLICT")


@pytest.mark.parametrize("title", ["", "  ", "\u3164\u200b", "\u2800", "x" * 101, 7.5, None])
def test_a_title_that_is_none_is_refused(alice: ApiUser, title: Any) -> None:
    path = f"{LIST}/{done(asks(alice)).conversation_id}"
    answer = alice.patch(path, title=title)
    if title == 7.5:
        assert answer.json()["title"] == "7.5"
    else:
        assert faults(answer) == ["title"]


# --- limits ----------------------------------------------------------------------------------


def test_one_answer_too_many_is_refused_and_begins_nothing(alice: ApiUser, bob: ApiUser) -> None:
    running = [asks(alice) for _ in range(3)]
    with pytest.raises(ApiError) as refused:
        asks(alice)
    assert (refused.value.code, refused.value.status_code) == ("BUSY", 429)
    assert refused.value.retry_after
    ended = done(running[0])
    asks(alice)
    answer = alice.post(f"/chat/messages/{ended.pk}/regenerate")
    assert refusal(answer) == (429, "BUSY")
    assert Conversation.objects.count() == 4
    assert asks(bob).status == "streaming"


def test_answers_asked_for_at_once_are_counted_right(
    alice: ApiUser, at_once: Callable[[list[Callable[[], Any]]], list[Any]]
) -> None:
    def ask() -> bool:
        try:
            asks(alice)
        except ApiError as error:
            return error.code != "BUSY"
        return True

    assert sum(at_once([ask] * 6)) == 3
    assert Turn.objects.filter(status="streaming").count() == 3


def test_a_question_that_is_too_long_or_none_is_refused(alice: ApiUser, settings: Settings) -> None:
    settings.BELLWIRE_QUESTION_CHARS = 10
    assert asks(alice, "x" * 10).status == "streaming"
    for message, code in (
        ("x" * 11, "TOO_LONG"),
        ("", "INVALID"),
        (" \n", "INVALID"),
        ("a\0b", "INVALID"),
        ("\ud800", "INVALID"),
    ):
        with pytest.raises(ApiError) as refused:
            asks(alice, message)
        assert refused.value.code == code
    assert Turn.objects.count() == 2


def test_where_nobody_can_write_nothing_is_asked(
    alice: ApiUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    assert supervisor.name == "" or supervisor._loop is None
    with pytest.raises(ApiError) as refused:
        asks(alice)
    assert (refused.value.code, refused.value.status_code) == ("DRAINING", 503)
    assert not Turn.objects.exists()


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How long?", "How long?"),
        ("  one\n two ", "one two"),
        ("word " * 30, "word " * 11 + "word…"),
        ("가" * 70, "가" * 60 + "…"),
        ("a " + "b" * 80, "a " + "b" * 58 + "…"),
        ("👨‍👩‍👧" * 13, "👨‍👩‍👧" * 12 + "…"),
        ("a" + "🇰🇷" * 40, "a" + "🇰🇷" * 29 + "…"),
        ("a" + "क्षि" * 20, "a" + "क्षि" * 14 + "…"),
    ],
)
def test_a_title_is_the_beginning_of_the_first_question(question: str, title: str) -> None:
    assert conversations.title_of(question) == title


def test_stopping_anothers_answer_by_the_service_is_not_found(alice: ApiUser, bob: ApiUser) -> None:
    with pytest.raises(ApiError, match="Not found"):
        cancellation.stop_answer(user_id=bob.id, message_id=asks(alice).pk)
