"""What docs/contract.md §3 and §4 promise to whoever holds a JSON WebSocket."""

import asyncio
import random
import time
from collections.abc import Callable

import pytest
from django.db import connection

from realtime.database.executor import in_thread
from realtime.log import event_log
from realtime.publishing import disconnect, publish, unit_of_work
from realtime.runtime import Runtime
from tests.realtime.behaviour.client import JsonClient
from tests.realtime.behaviour.conftest import Connect
from tests.realtime.behaviour.transports import Endpoint

TOPIC = "things/1"


def happen(topic: str = TOPIC, times: int = 1, size: int = 0) -> None:
    """Commit so many events, each in a unit of its own."""
    for number in range(times):
        with unit_of_work():
            publish(topic, "happened", {"n": number, "pad": "x" * size})


async def happens(topic: str = TOPIC, times: int = 1, size: int = 0) -> None:
    await in_thread(happen, topic, times, size)


# --- coming in -------------------------------------------------------------------------------


async def test_with_the_subprotocol_it_is_greeted_at_once(connects: Connect, user_id: int) -> None:
    client = await connects("/ws")
    greeting = await client.next()
    assert greeting.pop("connection_id")
    assert greeting == {
        "type": "connected",
        "message": "Connected to notification service",
        "user_id": user_id,
        "heartbeat_s": 30,
        "subscriptions": {},
    }


@pytest.mark.parametrize("subprotocols", [(), ("something.else",)])
async def test_without_it_the_server_waits_for_the_first_frame(
    connects: Connect, subprotocols: tuple[str, ...], limited: Callable[..., None]
) -> None:
    client = await connects("/ws", subprotocols=subprotocols)
    await client.sends_command("ping", ref=1)
    assert (await client.next())["type"] == "connected"
    assert (await client.next())["ref"] == 1


async def test_who_says_nothing_at_all_is_closed(
    connects: Connect, limited: Callable[..., None]
) -> None:
    limited(first_frame_s=0.05)
    client = await connects("/ws", subprotocols=())
    code, _ = await client.is_closed()
    assert code == 1008
    assert client.received == []


async def test_socket_with_topics_is_subscribed_to_them(connects: Connect, user_id: int) -> None:
    mine = f"counters/{user_id}"
    await happens(mine, 2)
    client = await connects("/personal")
    greeting = await client.next()
    epoch = await in_thread(event_log.current_epoch)
    assert greeting["subscriptions"] == {
        mine: {"epoch": epoch, "offset": 2},
        "things/all": {"epoch": epoch, "offset": 0},
    }
    first, second = await client.next(), await client.next()
    assert (first["type"], first["topic"], first["offset"]) == ("subscribed", mine, 2)
    assert first["snapshot"] == {"seen_by": user_id}
    assert (second["type"], second["topic"], second["offset"]) == ("subscribed", "things/all", 0)
    assert (await client.next())["data"] == {"count": 2}
    await happens(mine)
    await happens("things/all")
    await client.until(lambda: client.offsets(mine) == [3] and client.offsets("things/all") == [1])


@pytest.mark.parametrize(
    ("since", "mine", "everybodys"),
    [
        ("{e}:1;{e}:0", [2, 3], [1, 2]),
        ("{e}:3;{e}:1", [], [2]),
        ("1;0", [2, 3], [1, 2]),
        # With one part, broadcasts start from now.
        ("{e}:1", [2, 3], []),
        ("{e}:0;other:0", [1, 2, 3], None),
        ("{e}:9;{e}:0", None, [1, 2]),
    ],
)
async def test_since_resumes_both_topics(
    connects: Connect,
    user_id: int,
    since: str,
    mine: list[int] | None,
    everybodys: list[int] | None,
) -> None:
    topics = [f"counters/{user_id}", "things/all"]
    await happens(topics[0], 3)
    await happens(topics[1], 2)
    epoch = await in_thread(event_log.current_epoch)
    client = await connects(f"/personal?since={since.format(e=epoch)}")
    await client.asks("ping")
    subscribed = [message for message in client.received if message["type"] == "subscribed"]
    assert [message["recovered"] for message in subscribed] == [
        mine is not None,
        everybodys is not None,
    ]
    assert [client.offsets(topic) for topic in topics] == [mine or [], everybodys or []]


@pytest.mark.parametrize("since", ["nonsense", "-1", "1;2;3", "", "1.5", "e:x", "%00"])
async def test_a_since_that_is_no_position_is_told_and_recovers_nothing(
    connects: Connect, user_id: int, since: str
) -> None:
    await happens(f"counters/{user_id}", 3)
    client = await connects(f"/personal?since={since}")
    await client.asks("ping")
    if since:
        assert [m["code"] for m in client.received if m["type"] == "error"] == ["BAD_FRAME"]
        recovered = [m["recovered"] for m in client.received if m["type"] == "subscribed"]
        assert recovered == [False, False]
    assert client.offsets(f"counters/{user_id}") == []


@pytest.mark.parametrize(
    ("token", "code", "reason"),
    [
        ("", "AUTH_ERROR", "Invalid token"),
        ("forged", "AUTH_ERROR", "Invalid token"),
        ("7:login:1000000000", "TOKEN_EXPIRED", "Token expired"),
    ],
)
@pytest.mark.parametrize("url", ["/ws", "/personal"])
async def test_without_a_good_credential_it_is_told_why_and_closed(
    connects: Connect, url: str, token: str, code: str, reason: str
) -> None:
    client = await connects(url, token=token)
    assert await client.is_closed() == (1008, reason)
    assert [message["code"] for message in client.received] == [code]


# --- events ----------------------------------------------------------------------------------


async def test_what_is_committed_reaches_everybody_who_listens(connects: Connect) -> None:
    clients = [await connects() for _ in range(3)]
    for client in clients[:2]:
        await client.asks("subscribe", topic=TOPIC)
    await happens(TOPIC, 20)
    for client in clients[:2]:
        await client.until(lambda client=client: len(client.offsets(TOPIC)) == 20)  # type: ignore[misc]
        assert client.offsets(TOPIC) == list(range(1, 21))
    await clients[2].asks("ping")
    assert clients[2].offsets(TOPIC) == []


async def test_what_is_rolled_back_reaches_nobody(connects: Connect) -> None:
    def fails() -> None:
        with unit_of_work():
            publish(TOPIC, "happened", {"n": -1})
            raise InterruptedError

    client = await connects()
    await client.asks("subscribe", topic=TOPIC)
    with pytest.raises(InterruptedError):
        await in_thread(fails)
    await happens()
    event = await client.receives("happened")
    assert (event["offset"], event["data"]["n"]) == (1, 0)


async def test_20_writers_of_50_are_heard_in_order_and_once(connects: Connect) -> None:
    client = await connects()
    await client.asks("subscribe", topic=TOPIC)

    def write() -> None:
        happen(TOPIC, 50)
        connection.close()

    writing = [asyncio.create_task(asyncio.to_thread(write)) for _ in range(20)]
    await client.until(lambda: len(client.offsets(TOPIC)) == 1_000)
    await asyncio.gather(*writing)
    assert client.offsets(TOPIC) == list(range(1, 1_001))


@pytest.mark.parametrize("seed", range(3))
async def test_a_socket_cut_at_random_moments_sees_every_event_once(
    connects: Connect, seed: int
) -> None:
    chance = random.Random(seed)
    writing = asyncio.create_task(happens(TOPIC, 300))
    seen: list[int] = []
    cuts = 0
    while len(seen) < 300:
        client = await connects()
        answer = await client.asks("subscribe", topic=TOPIC, offset=len(seen))
        assert answer["recovered"] is True
        patience = len(seen) + chance.randint(0, 60)
        already = len(seen)
        await client.until(
            lambda client=client, already=already, patience=patience: (  # type: ignore[misc]
                already + len(client.offsets(TOPIC)) >= min(patience, 300)
            )
        )
        seen += client.offsets(TOPIC)
        assert seen == list(range(1, len(seen) + 1))
        await client.drops()
        cuts += 1
    await writing
    assert cuts > 3


async def test_large_events_arrive_whole(connects: Connect) -> None:
    client = await connects()
    await client.asks("subscribe", topic=TOPIC)
    for size in (100, 126, 65_000, 70_000, 300_000):
        await happens(TOPIC, 1, size)
        assert len((await client.receives("happened"))["data"]["pad"]) == size


# --- commands --------------------------------------------------------------------------------


@pytest.mark.parametrize("as_bytes", [False, True])
async def test_every_command_is_answered_by_its_ref(connects: Connect, as_bytes: bool) -> None:
    client = await connects()
    await client.next()
    frames = [
        '{"type":"subscribe","data":{"topic":"things/1","offset":0},"ref":1}',
        '{"type":"ping","ref":"안녕"}',
        '{"type":"subscribe","data":{"topic":"secrets/1"},"ref":[3]}',
        '{"type":"unsubscribe","data":{"topic":"things/1"},"ref":{"a":4}}',
        '{"type":"unsubscribe","data":{"topic":"things/1"},"ref":false}',
        '{"type":"dance","ref":0}',
        "not JSON",
        '{"type":"ping","ref":"end"}',
    ]
    for frame in frames:
        await client.sends(frame.encode() if as_bytes else frame)
    answers = [await client.next() for _ in frames]
    assert [(answer["type"], answer.get("code"), answer.get("ref")) for answer in answers] == [
        ("subscribed", None, 1),
        ("pong", None, "안녕"),
        ("error", "FORBIDDEN", [3]),
        ("unsubscribed", None, {"a": 4}),
        ("error", "NOT_FOUND", False),
        ("error", "UNKNOWN_TYPE", 0),
        ("error", "BAD_FRAME", None),
        ("pong", None, "end"),
    ]


async def test_a_message_too_large_is_told_and_closed(connects: Connect) -> None:
    client = await connects()
    await client.sends('{"type":"ping","pad":"' + "x" * 10_216 + '"}')
    assert (await client.receives("pong"))["positions"] == {}
    await client.sends('{"type":"ping","pad":"' + "안" * 3_500 + '"}')
    assert await client.is_closed() == (1009, "Message too large")
    assert client.received[-1]["code"] == "MESSAGE_TOO_LARGE"


async def test_1000_frames_at_once_are_answered_each_and_the_socket_goes_on(
    connects: Connect,
) -> None:
    client = await connects()
    await client.next()
    for number in range(1_000):
        await client.sends_command("ping", ref=number)
    answers = [await client.next() for _ in range(1_000)]
    assert [answer["ref"] for answer in answers] == list(range(1_000))
    kinds = [answer["type"] for answer in answers]
    assert kinds[:200] == ["pong"] * 200
    # While they came, a few more were earned.
    assert kinds.count("error") > 500
    assert {a["code"] for a in answers if a["type"] == "error"} == {"RATE_LIMITED"}
    await happens()


async def test_a_newer_token_replaces_an_older_one(connects: Connect, user_id: int) -> None:
    expires_at = time.time() + 1.5
    client, other = [await connects(token=f"{user_id}:login:{expires_at}") for _ in range(2)]
    answer = await client.asks("refresh", token=f"{user_id}:login:{expires_at + 600}")
    assert answer["type"] == "ok"
    assert await other.is_closed() == (1008, "Token expired")
    assert other.received[-1]["code"] == "TOKEN_EXPIRED"
    assert (await client.asks("ping"))["type"] == "pong"


# --- connections -----------------------------------------------------------------------------


async def test_the_sixth_is_refused_until_one_of_five_has_gone(connects: Connect) -> None:
    clients = [await connects() for _ in range(5)]
    assert [(await client.next())["type"] for client in clients] == ["connected"] * 5
    sixth = await connects()
    assert await sixth.is_closed() == (1008, "Too many connections")
    assert [message["code"] for message in sixth.received] == ["TOO_MANY_CONNECTIONS"]
    await clients[0].drops()
    for _ in range(200):
        again = await connects()
        if (await again.next())["type"] == "connected":
            break
        await again.is_closed()
    else:
        pytest.fail("its place was never given back")


async def test_a_reconnect_that_names_its_old_connection_takes_its_place_at_once(
    connects: Connect,
) -> None:
    clients = [await connects() for _ in range(5)]
    old = (await clients[2].next())["connection_id"]
    again = await connects(f"/ws?connection_id={old}")
    assert (await again.next())["type"] == "connected"
    await clients[2].is_closed()
    assert (await clients[0].asks("ping"))["type"] == "pong"


async def test_nobody_takes_the_place_of_another_user(connects: Connect, user_id: int) -> None:
    victim = await connects(token=str(user_id + 10**9))
    name = (await victim.next())["connection_id"]
    thief = await connects(f"/ws?connection_id={name}")
    assert (await thief.next())["type"] == "connected"
    assert (await victim.asks("ping"))["type"] == "pong"


async def test_who_is_signed_out_is_closed_and_nobody_else(connects: Connect, user_id: int) -> None:
    phone = await connects(token=f"{user_id}:phone")
    laptop = await connects(token=f"{user_id}:laptop")
    other = await connects(token=str(user_id + 10**9))
    for client in (phone, laptop, other):
        await client.asks("ping")  # they are in, not only connected

    def sign_out(login_id: str | None) -> None:
        with unit_of_work():
            disconnect(user_id=user_id, login_id=login_id)

    await in_thread(sign_out, "phone")
    assert await phone.is_closed() == (1008, "Signed out")
    assert phone.received[-1]["code"] == "AUTH_ERROR"
    assert (await laptop.asks("ping"))["type"] == "pong"
    await in_thread(sign_out, None)
    assert await laptop.is_closed() == (1008, "Signed out")
    assert (await other.asks("ping"))["type"] == "pong"


async def test_who_was_disabled_is_closed_without_being_told_of(
    connects: Connect, user_id: int
) -> None:
    client = await connects(token=f"{user_id}:revoked")
    assert await client.is_closed() == (1008, "Signed out")


async def test_an_instance_that_drains_sends_everybody_elsewhere(
    connects: Connect, runtime: Runtime
) -> None:
    clients: list[JsonClient] = [await connects() for _ in range(3)]
    await clients[0].asks("subscribe", topic=TOPIC)
    await runtime.drain()
    for client in clients:
        assert await client.is_closed() == (1012, "Draining")
        assert "error" not in {message["type"] for message in client.received}
    late = await connects()
    assert await late.is_closed() == (1012, "Draining")


async def test_a_connection_that_is_cut_leaves_nothing_behind(
    connects: Connect, runtime: Runtime, endpoint: Endpoint
) -> None:
    stayer = await connects()
    await stayer.asks("subscribe", topic="things/stays")
    for _ in range(3):
        client = await connects()
        await client.asks("subscribe", topic=TOPIC)
        await client.drops()
    while len(runtime.hub.connections) > 1:
        await stayer.asks("ping")
    assert set(runtime.hub.feeds) == {"things/stays"}
