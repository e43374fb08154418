"""Whoever has a list of their rooms open is told what is said in them, and is not present there."""

from collections.abc import AsyncIterator

import pytest

from chat.rooms import limits, services
from chat.rooms.models import topic_of
from realtime.cluster import presence
from realtime.database.executor import in_thread
from realtime.publishing import unit_of_work
from realtime.runtime import Runtime
from tests.chat.rooms.people import ApiUser
from tests.realtime.actors import OpenGate, SessionClient


@pytest.fixture
async def runtime(transactional_db: None) -> AsyncIterator[Runtime]:
    made = Runtime(gate=OpenGate())
    made.start()
    yield made
    for session in list(made.hub.connections.values()):
        session.ended()
    await made.stop()


async def has_a_list(runtime: Runtime, person: ApiUser) -> SessionClient:
    """Somebody who is subscribed to nothing but their own topic."""
    client = await SessionClient(runtime.hub, person.principal).opens()
    await client.asks_for(f"users/{person.id}")
    return client


async def test_what_is_said_edited_and_deleted_is_told_to_all_members(
    runtime: Runtime, alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int
) -> None:
    hers, his = await has_a_list(runtime, alice), await has_a_list(runtime, bob)
    stranger = await has_a_list(runtime, carol)
    said = await in_thread(bob.posts, closed, "Hello")
    for client in (hers, his):
        reported = await client.receives("room.message")
        assert "offset" not in reported
        assert (reported["data"]["room_id"], reported["data"]["content"]) == (closed, "Hello")
        assert reported["data"]["offset"] == said.offset
    await in_thread(
        lambda: services.edit_message(
            user_id=bob.id, room_id=closed, message_id=said.pk, content="Hi"
        )
    )
    assert (await hers.receives("room.message", 2))["data"]["content"] == "Hi"
    await in_thread(lambda: services.hide_message(message_id=said.pk))
    gone = (await hers.receives("room.message", 3))["data"]
    assert (gone["content"], gone["deleted_at"] is None) == ("", False)
    assert stranger.all_of("room.message") == []
    # Whoever has the list open does not look at the room.
    assert await in_thread(presence.online, topic_of(closed)) == frozenset()


async def test_how_far_one_has_read_is_told_to_ones_own_devices(
    runtime: Runtime, alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    hers, his = await has_a_list(runtime, alice), await has_a_list(runtime, bob)
    said = await in_thread(bob.posts, closed, "Hello")
    await in_thread(
        lambda: services.mark_read(user_id=alice.id, room_id=closed, offset=said.offset)
    )
    reported = await hers.receives("room.read")
    assert reported["data"] == {"room_id": closed, "offset": said.offset}
    assert his.all_of("room.read") == []


async def test_what_is_rolled_back_is_told_to_nobody(
    runtime: Runtime, alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    hers = await has_a_list(runtime, alice)

    def fails() -> None:
        with unit_of_work():
            bob.posts(closed, "Never")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await in_thread(fails)
    await in_thread(bob.posts, closed, "Said")
    assert (await hers.receives("room.message"))["data"]["content"] == "Said"


async def test_in_a_very_large_room_nobody_is(
    runtime: Runtime,
    alice: ApiUser,
    bob: ApiUser,
    closed: int,
    opened: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "LISTENERS", 1)
    hers = await has_a_list(runtime, alice)
    await in_thread(bob.posts, closed, "To two")
    await in_thread(alice.posts, opened, "To one")
    assert (await hers.receives("room.message"))["data"]["content"] == "To one"
