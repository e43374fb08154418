"""Rooms over two instances: one order for all, one presence, one timer, one match."""

import asyncio
import random
from collections import Counter

import pytest

from tests.e2e import database
from tests.e2e.conftest import Connects, Pair
from tests.e2e.deadlines import eventually
from tests.e2e.people import People, enters
from tests.e2e.room_members import RoomMember
from tests.e2e.users import UserPool
from tests.support.json_client import connect
from tests.support.servers import Deployment

MEMBERS, EACH = 10, 200
SEEKERS = 100
MATCHED = (
    "SELECT room_id, user_id FROM chat_membership JOIN accounts_user ON user_id = accounts_user.id"
    " WHERE username LIKE 'seeker-%%'"
)
GONE = "SELECT 1 FROM chat_waiting WHERE user_id = %s AND seen_at < since"


@pytest.mark.parametrize("cut", [False, True], ids=["connected", "cut at random"])
async def test_ten_members_who_say_200_things_at_once_all_hear_the_same_2000(
    pair: Pair, cast: UserPool, people: People, cut: bool
) -> None:
    members = cast.people(MEMBERS)
    room = await people.room(pair[0], *members)
    urls = [server.ws_url for server in pair]
    talkers = [
        RoomMember(
            urls if place % 2 else urls[::-1],
            member,
            room,
            [f"{place}:{number}" for number in range(EACH)],
            chance=random.Random(place) if cut else None,
        )
        for place, member in enumerate(members)
    ]
    for talker in talkers:
        await talker.comes()
    total = MEMBERS * EACH
    await asyncio.gather(*(talker.talks_until(total) for talker in talkers))

    first = talkers[0].said
    assert Counter(content for _, content in first) == Counter(
        text for talker in talkers for text in talker.texts
    )
    offsets = [offset for offset, _ in first]
    assert offsets == list(range(offsets[0], offsets[0] + total))
    for talker in talkers:
        assert talker.said == first
        texts = set(talker.texts)
        own = [content for _, content in first if content in texts]
        assert own == talker.texts
        assert len({answer["offset"] for answer in talker.answers.values()}) == EACH
        assert (talker.cuts > 0) == cut
    history = await people.asks(
        pair[1], members[0].token, "GET", f"/rooms/{room}/messages?limit=200"
    )
    assert [row["content"] for row in history.json()["results"]] == [
        content for _, content in first[-200:]
    ]


async def test_who_is_looking_and_typing_is_known_on_both_instances(
    pair: Pair, cast: UserPool, people: People
) -> None:
    here, there = pair
    alice, bob, eve = cast.people(3)
    room = await people.room(here, alice, bob)
    async with await enters(here, alice, room) as one, await enters(there, alice, room) as two:
        async with await enters(there, bob, room) as other:
            [start] = other.all_of("subscribed")
            assert sorted(start["snapshot"]["online"]) == sorted([one.user_id, other.user_id])
            for tab in (one, two):
                seen = await tab.receives("presence")
                assert seen["data"] == {"user_id": other.user_id, "status": "online"}
                assert "offset" not in seen
            assert (await other.asks("typing"))["type"] == "ok"
            for tab in (one, two):
                typing = await tab.receives("typing")
                assert (typing["topic"], typing["data"]) == (
                    f"rooms/{room}",
                    {"user_id": other.user_id},
                )
            # Two tabs are one person: the first that closes changes nothing.
            two.cut()
            bobs = other.user_id
        gone = await one.receives("presence", 2)
        assert gone["data"] == {"user_id": bobs, "status": "offline"}
        assert [frame["data"]["user_id"] for frame in one.all_of("presence")] == [bobs, bobs]
        # Nothing of that is in the log.
        assert (await one.asks("ping"))["positions"][f"rooms/{room}"]["offset"] == 1
        for command, data in (
            ("typing", {}),
            ("message", {"content": "x"}),
            ("read", {"offset": 1}),
        ):
            async with await connect(
                there.ws_url, eve.token, path="/ws", subprotocol="bellwire.json"
            ) as stranger:
                refused = await stranger.asks(command, topic=f"rooms/{room}", **data)
            assert (refused["type"], refused["code"]) == ("error", "FORBIDDEN")
        assert not one.all_of("message")


async def test_a_list_of_rooms_hears_what_is_said_on_the_other_instance(
    pair: Pair, cast: UserPool, people: People, connects: Connects
) -> None:
    here, there = pair
    alice, bob = cast.people(2)
    room = await people.room(here, alice, bob)
    lists = await (await connects(here.ws_url, alice.token)).is_greeted()
    posted = await people.asks(
        there, bob.token, "POST", f"/rooms/{room}/messages", content="Anybody here?"
    )
    reported = await lists.receives("room.message")
    assert reported["data"] == posted.json()
    await people.asks(there, alice.token, "POST", f"/rooms/{room}/read", offset=10)
    read = await lists.receives("room.read")
    assert read["data"] == {"room_id": room, "offset": posted.json()["offset"]}


async def test_the_end_of_a_phase_comes_once_to_viewers_on_both_instances(
    pair: Pair, cast: UserPool, people: People
) -> None:
    here, there = pair
    alice, bob = cast.people(2)
    room = await people.room(here, alice, bob, kind="focus", settings={"work_s": 1})
    async with await enters(here, alice, room) as one, await enters(there, bob, room) as other:
        started = await people.asks(
            here, alice.token, "POST", f"/rooms/{room}/timer", action="start"
        )
        assert started.json()["phase"] == "work"
        for viewer in (one, other):
            ended = (await viewer.receives("timer", 2))["data"]
            assert (ended["phase"], ended["status"]) == ("break", "running")
        looked = (await people.asks(there, bob.token, "GET", f"/rooms/{room}/timer")).json()
        # The break began when the work ended, not when somebody noticed.
        assert looked["ends_at"] == ended["ends_at"]
        for viewer in (one, other):
            await viewer.asks("ping")
            assert len(viewer.all_of("timer")) == 2


async def test_of_a_hundred_who_press_at_once_on_two_instances_each_is_paired_once(
    deployment: Deployment, pair: Pair, people: People, connects: Connects
) -> None:
    tokens = await asyncio.to_thread(
        deployment.tokens, *(f"seeker-{number}" for number in range(SEEKERS))
    )
    watched = [
        await (await connects(pair[number].ws_url, tokens[number])).is_greeted()
        for number in (0, 1)
    ]
    answers = await asyncio.gather(
        *(
            people.asks(pair[number % 2], token, "POST", "/matching")
            for number, token in enumerate(tokens)
        )
    )
    half = SEEKERS // 2
    assert Counter(answer.status_code for answer in answers) == {200: half, 202: half}
    memberships = await asyncio.to_thread(database.execute, deployment.database_url, MATCHED)
    members = [user_id for _, user_id in memberships]
    assert len(set(members)) == len(members) == SEEKERS
    assert set(Counter(room_id for room_id, _ in memberships).values()) == {2}
    reported = {answer.json()["room_id"] for answer in answers if answer.status_code == 200}
    assert reported == {room_id for room_id, _ in memberships}
    room_of = {user_id: room_id for room_id, user_id in memberships}
    for client in watched:
        matched = await client.receives("matched")
        assert matched["data"]["room_id"] == room_of[client.user_id]
        assert matched["topic"] == client.topic


async def test_who_disconnects_while_waiting_is_not_paired(
    deployment: Deployment, pair: Pair, cast: UserPool, people: People
) -> None:
    here, there = pair
    alice, bob = cast.people(2)
    async with await connect(here.ws_url, alice.token) as waits:
        await waits.is_greeted()
        pressed = await people.asks(there, alice.token, "POST", "/matching")
        assert pressed.status_code == 202
        alices = waits.user_id

    async def is_noticed() -> object:
        # Not within a second: until then it is as if the page were being reloaded.
        return await asyncio.to_thread(database.execute, deployment.database_url, GONE, alices)

    await eventually(is_noticed, what="that alice has gone")
    pressed = await people.asks(there, bob.token, "POST", "/matching")
    assert pressed.status_code == 202
    assert (await people.asks(there, bob.token, "DELETE", "/matching")).status_code == 204
