"""`ask` and `stop` over sockets: `start` carries the `ref`, and nothing is lost around it."""

import asyncio
from typing import Any

import pytest
from pytest_django import Settings

from chat.assistant import retrieval
from chat.assistant.answers import context
from chat.assistant.models import Turn
from realtime.database.executor import in_thread
from realtime.protocol.messages import Position
from realtime.runtime import Runtime
from tests.chat.assistant.people import ApiUser, asks, turn
from tests.chat.rooms.test_commands import answers, enters
from tests.realtime.actors import SessionClient

PASSAGE = retrieval.Passage(
    "7", "Returns", "How long", "14 days", "Goods: within 14 days.", 0.9, "/documents/7"
)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """One passage, whatever is asked: what finds them is another part's to test."""
    monkeypatch.setattr(context, "retrieve", lambda **_: [PASSAGE])


async def receives_answer(client: SessionClient, count: int = 1) -> dict[str, Any]:
    """Wait for the `count`-th end of an answer."""
    return await client.receives("done", count)


def text_of(client: SessionClient, message_id: str) -> str:
    parts = [each["data"] for each in client.all_of("token")]
    return "".join(each["content"] for each in parts if each["message_id"] == message_id)


@pytest.mark.usefixtures("known")
async def test_ask_is_answered_by_start_with_the_ref_and_the_answer_follows(
    runtime: Runtime, alice: ApiUser
) -> None:
    client = await enters(runtime, alice)
    start = await answers(client, "ask", message="How long?")
    named = start["data"]
    topic = f"conversations/{named['conversation_id']}"
    assert (start["type"], start["topic"], start["offset"]) == ("start", topic, 1)
    assert named["question"]["content"] == "How long?"
    assert named["id"] == "0"
    end = await receives_answer(client)
    received = client.received
    assert [each["type"] for each in received if each["type"] != "token"] == [
        "connected",
        "subscribed",
        "start",
        "sources",
        "done",
    ]
    assert client.all_of("sources")[0]["data"]["sources"] == [
        {
            "document_id": "7",
            "title": "Returns",
            "place": "How long",
            "snippet": "14 days",
            "score": 0.9,
            "url": "/documents/7",
        }
    ]
    assert end["data"]["status"] == "complete"
    row = await in_thread(turn, int(named["message_id"]))
    assert text_of(client, named["message_id"]) == row.content
    assert row.content.startswith("No model is configured")
    assert "> Goods: within 14 days." in row.content
    offsets = [each["offset"] for each in received if each.get("data") and "offset" in each]
    assert offsets == list(range(1, len(offsets) + 1))


async def test_asking_on_keeps_the_subscription_and_only_the_asker_sees_the_ref(
    runtime: Runtime, alice: ApiUser
) -> None:
    client, tab = await enters(runtime, alice), await enters(runtime, alice)
    first = await answers(client, "ask", message="Who won?")
    topic, conversation_id = first["topic"], first["data"]["conversation_id"]
    await tab.asks_for(topic, Position(None, 0))
    await receives_answer(client)
    second = await answers(client, "ask", message="And then?", conversation_id=conversation_id)
    assert (second["type"], second["topic"]) == ("start", topic)
    await receives_answer(client, 2)
    await receives_answer(tab, 2)
    assert len(client.all_of("subscribed")) == 1
    for each in (client, tab):
        offsets = [said["offset"] for said in each.received if said["type"] in EVENTS]
        assert offsets == list(range(1, len(offsets) + 1))
    assert [said["ref"] for said in client.all_of("start")] == ["ask", "ask"]
    assert not any("ref" in said for said in tab.all_of("start"))
    assert text_of(tab, second["data"]["message_id"]).startswith("The documents do not cover this.")


EVENTS = ("start", "token", "sources", "done")


async def test_two_who_ask_at_once_in_one_conversation_both_see_both_answers_whole(
    runtime: Runtime, alice: ApiUser
) -> None:
    one, other = await enters(runtime, alice), await enters(runtime, alice)
    first = await answers(one, "ask", message="1")
    conversation_id = first["data"]["conversation_id"]
    await other.asks_for(first["topic"], Position(None, 0))
    both = await asyncio.gather(
        answers(one, "ask", message="2", conversation_id=conversation_id),
        answers(other, "ask", message="3", conversation_id=conversation_id),
    )
    for client in (one, other):
        await receives_answer(client, 3)
        offsets = [said["offset"] for said in client.received if said["type"] in EVENTS]
        assert offsets == list(range(1, len(offsets) + 1))
        for start in both:
            message_id = start["data"]["message_id"]
            row = await in_thread(turn, int(message_id))
            assert text_of(client, message_id) == row.content
    refs = [[said.get("ref") for said in each.all_of("start")] for each in (one, other)]
    assert [len([ref for ref in each if ref]) for each in refs] == [2, 1]


async def test_what_is_refused_leaves_the_subscription_as_it_was(
    runtime: Runtime, alice: ApiUser, bob: ApiUser, settings: Settings
) -> None:
    client, stranger = await enters(runtime, alice), await enters(runtime, bob)
    start = await answers(client, "ask", message="Who won?")
    named = start["data"]
    await receives_answer(client)
    settings.BELLWIRE_QUESTION_CHARS = 10
    for data, code in (
        ({"message": "x" * 11}, "TOO_LONG"),
        ({"message": ""}, "BAD_FRAME"),
        ({"message": 7}, "BAD_FRAME"),
        ({}, "BAD_FRAME"),
        ({"message": "x", "conversation_id": 7}, "BAD_FRAME"),
        ({"message": "x", "conversation_id": "x"}, "NOT_FOUND"),
        ({"message": "x", "conversation_id": "999"}, "NOT_FOUND"),
    ):
        for more in ({}, {"conversation_id": named["conversation_id"]}):
            refused = await answers(client, "ask", **{**more, **data})
            assert (refused["type"], refused["code"]) == ("error", code)
    data = {"message": "x", "conversation_id": named["conversation_id"]}
    assert (await answers(stranger, "ask", **data))["code"] == "NOT_FOUND"
    refused = await answers(stranger, "subscribe", topic=start["topic"])
    assert refused["code"] == "NOT_FOUND"
    assert stranger.all_of("subscribed") == []
    assert await in_thread(Turn.objects.count) == 2
    # It still hears what comes.
    assert (await answers(client, "ask", **data))["type"] == "start"
    await receives_answer(client, 2)
    assert len(client.all_of("subscribed")) == 1


async def test_too_many_at_once_are_refused_as_busy(
    runtime: Runtime, alice: ApiUser, settings: Settings
) -> None:
    settings.BELLWIRE_EMBEDDED_CHARS_PER_S = 1
    client = await enters(runtime, alice)
    started = [await answers(client, "ask", message=str(number)) for number in range(3)]
    refused = await answers(client, "ask", message="4")
    assert (refused["type"], refused["code"]) == ("error", "BUSY")
    for place, start in enumerate(started, 1):
        message_id = start["data"]["message_id"]
        stopped = await answers(client, "stop", message_id=message_id)
        assert stopped["data"] == {"message_id": message_id, "status": "stopped"}
        assert (await receives_answer(client, place))["data"]["status"] == "stopped"
    assert len(client.all_of("sources")) == 3
    again = await answers(client, "stop", message_id=message_id)
    assert again["data"]["status"] == "stopped"


async def test_stop_takes_only_ones_own_answers(
    runtime: Runtime, alice: ApiUser, bob: ApiUser, settings: Settings
) -> None:
    settings.BELLWIRE_EMBEDDED_CHARS_PER_S = 1
    client, stranger = await enters(runtime, alice), await enters(runtime, bob)
    start = await answers(client, "ask", message="x")
    message_id = start["data"]["message_id"]
    assert (await answers(stranger, "stop", message_id=message_id))["code"] == "NOT_FOUND"
    assert (await answers(client, "stop", message_id="x"))["code"] == "NOT_FOUND"
    assert (await answers(client, "stop", message_id=7))["code"] == "BAD_FRAME"
    assert (await answers(client, "stop"))["code"] == "BAD_FRAME"
    assert (await answers(client, "stop", message_id=message_id))["type"] == "ok"


async def test_who_deletes_the_conversation_ends_answer_and_subscriptions(
    runtime: Runtime, alice: ApiUser, settings: Settings
) -> None:
    settings.BELLWIRE_EMBEDDED_CHARS_PER_S = 50
    client = await enters(runtime, alice)
    start = await answers(client, "ask", message="x")
    await client.receives("token")
    path = f"/chat/conversations/{start['data']['conversation_id']}"
    assert (await in_thread(alice.delete, path)).status_code == 204
    await client.receives("conversation.deleted")
    await client.receives("unsubscribed")
    assert client.all_of("done") == []


@pytest.mark.usefixtures("at_work")
async def test_the_snapshot_has_what_is_being_written(runtime: Runtime, alice: ApiUser) -> None:
    answer = await in_thread(asks, alice)
    client = await enters(runtime, alice)
    subscribed = await client.subscribes(f"conversations/{answer.conversation_id}")
    [message] = subscribed["snapshot"]["streaming"]
    assert (message["message_id"], message["last_event_id"]) == (str(answer.pk), "0")


async def test_whatever_fails_the_answer_ends_and_says_so(
    runtime: Runtime, alice: ApiUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: Any) -> list[retrieval.Passage]:
        raise ValueError("the index is broken")

    monkeypatch.setattr(context, "retrieve", broken)
    client = await enters(runtime, alice)
    start = await answers(client, "ask", message="x")
    end = await receives_answer(client)
    assert end["data"]["status"] == "failed"
    [error] = client.all_of("error")
    # Its named fields stand at the top level too, as those of every error do.
    assert error["code"] == error["data"]["code"] == "MODEL_ERROR"
    assert "index" not in error["message"]
    row = await in_thread(turn, int(start["data"]["message_id"]))
    assert (row.status, row.code, row.worker) == ("failed", "MODEL_ERROR", "")


async def test_a_follow_up_is_looked_up_with_the_question_before_it(
    runtime: Runtime, alice: ApiUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def found(*, user_id: int, question: str, limit: int) -> list[retrieval.Passage]:
        assert (user_id, limit) == (alice.id, 5)
        asked.append(question)
        return [PASSAGE] if "long" in question else []

    monkeypatch.setattr(context, "retrieve", found)
    client = await enters(runtime, alice)
    start = await answers(client, "ask", message="How long?")
    await receives_answer(client)
    conversation_id = start["data"]["conversation_id"]
    await answers(client, "ask", message="In winter?", conversation_id=conversation_id)
    await receives_answer(client, 2)
    assert asked == ["How long?", "In winter?", "How long?\nIn winter?"]
    assert len(client.all_of("sources")[1]["data"]["sources"]) == 1
