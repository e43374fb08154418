"""What a client says to a room over a JSON socket."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.db import connection

from chat.rooms.models import Message
from realtime.database.executor import in_thread
from realtime.runtime import Runtime
from tests.chat.rooms.people import ApiUser, event_types
from tests.realtime.actors import OpenGate, SessionClient


@pytest.fixture
async def runtime(transactional_db: None) -> AsyncIterator[Runtime]:
    made = Runtime(gate=OpenGate())
    made.start()
    yield made
    for session in list(made.hub.connections.values()):
        session.ended()
    await made.stop()


async def enters(runtime: Runtime, person: ApiUser, *rooms: int) -> SessionClient:
    """A client on the shared socket, subscribed to rooms."""
    client = await SessionClient(runtime.hub, person.principal).opens()
    for room_id in rooms:
        await client.asks_for(f"rooms/{room_id}")
    return client


async def answers(client: SessionClient, kind: str, **data: Any) -> dict[str, Any]:
    """Say it; returns the answer."""
    said = await client.sends_command(kind, ref=kind, **data)
    [answer] = [each for each in said if each.get("ref") == kind]
    return answer


async def test_a_message_is_answered_with_where_it_stands_and_so_is_its_resend(
    runtime: Runtime, alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    one, other = await enters(runtime, alice, closed), await enters(runtime, bob, closed)
    first = await answers(one, "message", content="Hello", client_id="c1")
    again = await answers(one, "message", content="Hello?", client_id="c1")
    assert first == again
    assert (first["type"], first["data"]["offset"], first["data"]["client_id"]) == ("ok", 2, "c1")
    received = await other.receives("message")
    assert (received["offset"], received["data"]["id"]) == (2, first["data"]["id"])
    reply = await answers(other, "message", content="Yes", reply_to=received["data"]["id"])
    assert (await one.receives("message", 2))["data"]["reply_to"] == received["data"]["id"]
    assert reply["data"]["client_id"] is None
    assert await in_thread(event_types, closed, 1) == ["message", "message"]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("message", {}),
        ("message", {"content": 7}),
        ("message", {"content": ""}),
        ("message", {"content": " \u2800"}),
        ("message", {"content": "\u3164\u200b"}),
        ("message", {"content": "x" * 4_001}),
        ("message", {"content": "a\0b"}),
        ("message", {"content": "x", "client_id": 7}),
        ("message", {"content": "x", "client_id": ""}),
        ("message", {"content": "x", "reply_to": "7"}),
        ("message", {"content": "x", "reply_to": 999_999}),
        ("message", {"content": "x", "reply_to": 2**63}),
        ("message", {"content": "x", "topic": 7}),
        ("read", {}),
        ("read", {"offset": -1}),
        ("read", {"offset": True}),
        ("read", {"offset": 1.0}),
        ("read", {"offset": 2**63}),
    ],
)
async def test_what_is_wrong_is_told_to_its_sender_alone(
    runtime: Runtime, alice: ApiUser, closed: int, kind: str, data: dict[str, Any]
) -> None:
    client = await enters(runtime, alice, closed)
    refused = await answers(client, kind, **data)
    assert (refused["type"], refused["code"]) == ("error", "BAD_FRAME")
    assert await in_thread(event_types, closed, 1) == []


async def test_a_cursor_goes_forward_only(runtime: Runtime, alice: ApiUser, closed: int) -> None:
    client = await enters(runtime, alice, closed)
    await answers(client, "message", content="Hello")
    for offset, reached in ((1, 1), (99, 3), (1, 3)):
        assert (await answers(client, "read", offset=offset))["data"] == {"offset": reached}


async def test_with_several_rooms_one_says_which(
    runtime: Runtime, alice: ApiUser, closed: int, direct: int
) -> None:
    client = await enters(runtime, alice, closed, direct)
    refused = await answers(client, "message", content="To whom?")
    assert refused["code"] == "BAD_FRAME"
    assert (await answers(client, "message", content="You", topic=f"rooms/{direct}"))[
        "type"
    ] == "ok"
    assert await in_thread(event_types, direct) == ["message"]
    assert await in_thread(event_types, closed, 1) == []


async def test_a_stranger_says_nothing_and_learns_nothing(
    runtime: Runtime, carol: ApiUser, closed: int, direct: int, opened: int
) -> None:
    client = await enters(runtime, carol)
    commands: list[tuple[str, dict[str, Any]]] = [
        ("message", {"content": "x"}),
        ("typing", {}),
        ("read", {"offset": 0}),
        ("subscribe", {}),
    ]
    for kind, data in commands:
        nobodys = await answers(client, kind, topic="rooms/999999", **data)
        for room_id in (closed, direct):
            assert await answers(client, kind, topic=f"rooms/{room_id}", **data) == nobodys
        assert nobodys["code"] == "NOT_FOUND"
        known = await answers(client, kind, topic=f"rooms/{opened}", **data)
        assert known["code"] == "FORBIDDEN"
    for topic in ("users/1", "rooms", "rooms/07", "rooms/x", "no topic!", f"rooms/{'9' * 100}"):
        assert (await answers(client, "typing", topic=topic))["code"] == "NOT_FOUND"


async def test_typing_is_told_at_once_and_not_more_than_once_a_second(
    runtime: Runtime, alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    one, other = await enters(runtime, alice, closed), await enters(runtime, bob, closed)
    for _ in range(5):
        assert (await answers(one, "typing"))["type"] == "ok"
    typing = await other.receives("typing")
    assert typing == {
        "type": "typing",
        "topic": f"rooms/{closed}",
        "data": {"user_id": alice.id},
    }
    await answers(other, "ping")
    assert len(other.all_of("typing")) == 1
    assert await in_thread(event_types, closed, 1) == []


async def test_who_subscribes_sees_who_is_online(
    runtime: Runtime, alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    one = await enters(runtime, alice, closed)
    assert one.all_of("subscribed")[0]["snapshot"]["online"] == [alice.id]
    other = await enters(runtime, bob, closed)
    assert other.all_of("subscribed")[0]["snapshot"]["online"] == [alice.id, bob.id]
    came = await one.receives("presence")
    assert came["data"] == {"user_id": bob.id, "status": "online"}
    await answers(other, "unsubscribe", topic=f"rooms/{closed}")
    left = await one.receives("presence", 2)
    assert left["data"] == {"user_id": bob.id, "status": "offline"}
    assert not other.all_of("presence")


# --- what the database refuses ---------------------------------------------------------------


@pytest.fixture
def refusing(transactional_db: None) -> Iterator[None]:
    """A database that does not take `poison`."""
    if connection.vendor == "postgresql":
        make = "ALTER TABLE chat_message ADD CONSTRAINT no_poison CHECK (content <> 'poison')"
        end = "ALTER TABLE chat_message DROP CONSTRAINT no_poison"
    else:
        make = (
            "CREATE TRIGGER no_poison BEFORE INSERT ON chat_message WHEN new.content = 'poison' "
            "BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        end = "DROP TRIGGER no_poison"
    with connection.cursor() as cursor:
        cursor.execute(make)
    yield
    with connection.cursor() as cursor:
        cursor.execute(end)


@pytest.mark.usefixtures("refusing")
async def test_a_message_that_the_database_refuses_is_told_to_its_sender_and_shown_to_nobody(
    runtime: Runtime, alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    one, other = await enters(runtime, alice, closed), await enters(runtime, bob, closed)
    refused = await answers(one, "message", content="poison", client_id="c")
    assert (refused["type"], refused["code"]) == ("error", "UNAVAILABLE")
    # Both go on, and the next one takes the next place.
    said = await answers(one, "message", content="water", client_id="c")
    assert said["data"]["offset"] == 2
    assert (await other.receives("message"))["data"]["content"] == "water"
    assert [each["data"]["content"] for each in other.all_of("message")] == ["water"]
    assert await in_thread(Message.objects.count) == 1


async def test_commands_of_many_at_once_are_all_carried_out(
    runtime: Runtime, alice: ApiUser, closed: int
) -> None:
    clients = [await enters(runtime, alice, closed) for _ in range(5)]
    said = await asyncio.gather(
        *(answers(client, "message", content=str(n)) for n, client in enumerate(clients))
    )
    assert sorted(each["data"]["offset"] for each in said) == [2, 3, 4, 5, 6]
    await clients[0].receives("message", 5)
