"""A session on a recording wire: size, rate, silence, expiry, and every way in which it ends."""

import asyncio
import time
from collections.abc import Callable, Iterator

import orjson
import pytest

from realtime.fanout.hub import Hub
from realtime.protocol.errors import DAPHNE_CODES, Close
from realtime.protocol.messages import Command, Ok, Position
from realtime.protocol.principal import Principal
from realtime.protocols.json.codec import JsonCodec
from tests.realtime.actors import Message, SessionClient, principal, written


@pytest.fixture
async def client(hub: Hub) -> SessionClient:
    """User 1, greeted and subscribed to nothing."""
    return await SessionClient(hub).opens()


def ping(size: int, letter: str = "x", ref: int = 1) -> bytes:
    """A ping of exactly `size` bytes."""
    bare = len(orjson.dumps({"type": "ping", "ref": ref, "pad": ""}))
    letters, rest = divmod(size - bare, len(letter.encode()))
    return orjson.dumps({"type": "ping", "ref": ref, "pad": letter * letters + "x" * rest})


def answers(client: SessionClient, ref: int) -> list[Message]:
    return [message for message in client.received if message.get("ref") == ref]


# --- the catalogue ---------------------------------------------------------------------------

CLOSES = [
    (Close.INVALID_TOKEN, 1008, "Invalid token", "AUTH_ERROR"),
    (Close.SIGNED_OUT, 1008, "Signed out", "AUTH_ERROR"),
    (Close.TOKEN_EXPIRED, 1008, "Token expired", "TOKEN_EXPIRED"),
    (Close.TOO_MANY_CONNECTIONS, 1008, "Too many connections", "TOO_MANY_CONNECTIONS"),
    (Close.RATE_LIMITED, 1008, "Rate limited", "RATE_LIMITED"),
    (Close.FORBIDDEN, 1008, "Forbidden", "FORBIDDEN"),
    (Close.NOT_FOUND, 1008, "Not found", "NOT_FOUND"),
    (Close.MESSAGE_TOO_LARGE, 1009, "Message too large", "MESSAGE_TOO_LARGE"),
    (Close.DRAINING, 1012, "Draining", None),
    (Close.SLOW_CONSUMER, 1013, "Slow consumer", "SLOW_CONSUMER"),
]


@pytest.mark.parametrize(
    ("close", "code", "reason", "error"), CLOSES, ids=[str(row[0].name) for row in CLOSES]
)
async def test_each_close_of_the_contract_has_its_code_its_reason_and_its_error_before_it(
    hub: Hub, close: Close, code: int, reason: str, error: str | None
) -> None:
    client = await SessionClient(hub).opens(**{"1": None})
    before = len(client.received)
    client.session.close(close)
    assert client.writer.closed == (code, reason)
    assert [message["code"] for message in client.received[before:]] == ([error] if error else [])


def test_authentication_that_failed_is_said_in_the_words_of_the_contract() -> None:
    assert Close.INVALID_TOKEN.message == "Authentication failed"
    assert Close.SIGNED_OUT.message == "Authentication failed"


def test_silence_is_1001_and_its_reason_fits_into_a_close_frame() -> None:
    assert Close.SILENT.code == 1001
    for close in Close:
        assert 0 < len(close.reason.encode()) <= 123
        assert close.error is None or close.message


def test_every_close_code_has_another_for_daphne() -> None:
    assert DAPHNE_CODES == {1001: 4001, 1002: 4002, 1008: 4008, 1009: 4009, 1012: 4012, 1013: 4013}
    assert {close.code for close in Close} - {1000} == set(DAPHNE_CODES)


# --- opening ---------------------------------------------------------------------------------


async def test_it_is_greeted_with_its_subscriptions_before_anything_else(hub: Hub) -> None:
    await written("things/2", 3)
    client = await SessionClient(hub, principal(42)).opens(**{"1": None, "2": Position(None, 1)})
    epoch = hub.epoch
    assert client.received[:3] == [
        {
            "type": "connected",
            "message": "Connected to notification service",
            "user_id": 42,
            "connection_id": client.session.connection_id,
            "heartbeat_s": 30,
            "subscriptions": {
                "things/1": {"epoch": epoch, "offset": 0},
                "things/2": {"epoch": epoch, "offset": 3},
            },
        },
        {
            "type": "subscribed",
            "topic": "things/1",
            "epoch": epoch,
            "offset": 0,
            "recovered": True,
        },
        {
            "type": "subscribed",
            "topic": "things/2",
            "epoch": epoch,
            "offset": 3,
            "recovered": True,
        },
    ]
    assert client.offsets("things/2") == [2, 3]


async def test_the_hub_knows_it_while_it_lives(hub: Hub) -> None:
    client = await SessionClient(hub).opens(**{"1": None})
    assert hub.connections == {client.session.connection_id: client.session}
    client.session.ended()
    assert hub.connections == {}
    assert hub.feeds == {}


# --- commands --------------------------------------------------------------------------------


async def test_a_pong_carries_the_time_and_every_position(hub: Hub) -> None:
    client = await SessionClient(hub).opens(**{"1": None, "2": None})
    hub.accept(await written("things/1", 2))
    await client.receives_offsets("things/1", [1, 2])
    [pong] = await client.sends_command("ping", ref={"a": 1})
    assert pong["ref"] == {"a": 1}
    assert pong["positions"] == {
        "things/1": {"epoch": hub.epoch, "offset": 2},
        "things/2": {"epoch": hub.epoch, "offset": 0},
    }
    assert pong["server_time"].endswith("Z")


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        ("secrets/1", "FORBIDDEN"),
        ("secrets/none", "NOT_FOUND"),
        ("nonsense/1", "NOT_FOUND"),
        ("no topic at all", "NOT_FOUND"),
        ("things/\x00", "NOT_FOUND"),
        ("things/" + "x" * 9_000, "NOT_FOUND"),
        ("../things/1", "NOT_FOUND"),
    ],
)
async def test_a_topic_that_one_may_not_read_is_an_error_and_the_session_goes_on(
    client: SessionClient, topic: str, code: str
) -> None:
    for command in ("subscribe", "unsubscribe"):
        [error] = await client.sends_command(command, ref=7, topic=topic)
        assert error["type"] == "error"
        assert error["ref"] == 7
        assert error["code"] == (code if command == "subscribe" else "NOT_FOUND")
        assert len(error["message"]) < 200
    assert (await client.sends_command("ping"))[0]["type"] == "pong"


async def test_a_refused_topic_leaves_a_subscription_as_it_was(
    hub: Hub, client: SessionClient
) -> None:
    await client.subscribes("things/1")
    await client.sends_command("subscribe", topic="secrets/1")
    [error] = await client.sends_command("subscribe", ref=3, topic="things/1", offset=-1)
    assert (error["code"], error["ref"]) == ("BAD_FRAME", 3)
    hub.accept(await written("things/1", 1))
    await client.receives_offsets("things/1", [1])


@pytest.mark.parametrize(
    "position", [Position("other", 0), Position(None, 9), Position(None, 2**70)]
)
async def test_a_position_from_which_nothing_can_be_replayed_starts_live(
    hub: Hub, client: SessionClient, position: Position
) -> None:
    await written("things/1", 3)
    subscribed = await client.subscribes("things/1", position)
    assert (subscribed["offset"], subscribed["recovered"]) == (3, False)
    hub.accept(await written("things/1", 1))
    await client.receives_offsets("things/1", [4])


async def test_unsubscribing_twice_is_not_found(client: SessionClient) -> None:
    await client.subscribes("things/1")
    assert (await client.sends_command("unsubscribe", topic="things/1"))[0][
        "type"
    ] == "unsubscribed"
    [error] = await client.sends_command("unsubscribe", ref=1, topic="things/1")
    assert (error["code"], error["ref"]) == ("NOT_FOUND", 1)


async def test_a_frame_that_is_no_command_is_answered_and_the_session_goes_on(
    client: SessionClient,
) -> None:
    for payload in (b"", b"hello", b"[]", b'{"type":1,"ref":5}', b"\xff\xfe", b"[" * 9_000):
        await client.session.receive(payload)
        assert client.received[-1]["code"] == "BAD_FRAME"
    await client.session.receive(b'{"type":"dance","ref":[1]}')
    assert (client.received[-1]["code"], client.received[-1]["ref"]) == ("UNKNOWN_TYPE", [1])
    assert (await client.sends_command("ping"))[0]["type"] == "pong"


async def test_a_command_that_fails_for_our_own_fault_sends_its_client_elsewhere(hub: Hub) -> None:
    class Faulty(JsonCodec):
        def decode(self, payload: bytes) -> Command:
            raise ZeroDivisionError

    client = await SessionClient(hub, codec=Faulty()).opens()
    other = await SessionClient(hub).opens()
    await client.session.receive(b"{}")
    assert client.writer.closed == (1012, "Unavailable")
    assert (await other.sends_command("ping"))[0]["type"] == "pong"


# --- size ------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", ["x", "é", "안", "🔔"])
async def test_10240_bytes_of_utf_8_are_a_message(client: SessionClient, letter: str) -> None:
    payload = ping(10_240, letter)
    assert len(payload) == 10_240
    await client.session.receive(payload)
    assert answers(client, 1)[0]["type"] == "pong"
    assert client.writer.closed is None


@pytest.mark.parametrize("letter", ["x", "é", "안", "🔔"])
@pytest.mark.parametrize("size", [10_241, 20_000, 65_536])
async def test_10241_bytes_are_too_large_and_the_client_is_told_why(
    client: SessionClient, letter: str, size: int
) -> None:
    await client.session.receive(ping(size, letter))
    error = client.received[-1]
    assert (error["type"], error["code"]) == ("error", "MESSAGE_TOO_LARGE")
    assert client.writer.closed == (1009, "Message too large")
    await client.session.receive(ping(100, ref=2))
    assert answers(client, 2) == []


# --- rate ------------------------------------------------------------------------------------


class Clock:
    """A monotonic clock that goes only when the test says so."""

    def __init__(self) -> None:
        # From the real one on: a client may have been opened before this clock was put in place.
        self.now = time.monotonic()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    with monkeypatch.context() as patch:
        # Of the session's module only: the loop needs the real one.
        patch.setattr("realtime.fanout.connection.time", _Times(clock))
        yield clock


class _Times:
    def __init__(self, clock: Clock) -> None:
        self.monotonic = clock
        self.time = time.time


async def test_beyond_200_at_once_each_frame_is_refused_by_its_ref_and_not_carried_out(
    client: SessionClient, clock: Clock
) -> None:
    for number in range(1_000):
        if number in (199, 200, 999):
            [answer] = await client.sends_command("subscribe", ref=number, topic=f"things/{number}")
        else:
            [answer] = await client.sends_command("ping", ref=number)
        expected = "pong" if number < 199 else "subscribed" if number == 199 else "error"
        assert (answer["type"], answer["ref"]) == (expected, number)
        assert (answer.get("code") == "RATE_LIMITED") is (number >= 200)
    assert client.writer.closed is None
    clock.now += 1
    [pong] = await client.sends_command("ping")
    assert set(pong["positions"]) == {"things/199"}


async def test_50_a_second_go_on(client: SessionClient, clock: Clock) -> None:
    for _ in range(200):
        await client.sends_command("ping")
    for _ in range(3):
        clock.now += 1
        kinds = [(await client.sends_command("ping"))[0]["type"] for _ in range(60)]
        assert kinds == ["pong"] * 50 + ["error"] * 10


async def test_what_is_no_command_counts_too_and_is_told_as_rate_limited(
    client: SessionClient, clock: Clock
) -> None:
    for _ in range(200):
        await client.session.receive(b"nonsense")
        assert client.received[-1]["code"] == "BAD_FRAME"
    await client.session.receive(b'{"type":"nonsense","ref":9}')
    assert (client.received[-1]["code"], client.received[-1]["ref"]) == ("RATE_LIMITED", 9)
    assert len(client.received) == 202, "one answer for each"


async def test_10_seconds_over_the_limit_without_a_pause_close_it(
    client: SessionClient, clock: Clock
) -> None:
    began = clock.now
    while client.writer.closed is None and clock.now < began + 60:
        for _ in range(10):
            await client.session.receive(b'{"type":"ping"}')
        clock.now += 0.1
    assert client.writer.closed == (1008, "Rate limited")
    # 200 tokens last for 4 s at 100 a second.
    assert clock.now - began == pytest.approx(14, abs=0.5)
    assert client.received[-1]["code"] == "RATE_LIMITED"


async def test_who_pauses_is_not_closed(client: SessionClient, clock: Clock) -> None:
    for _ in range(20):
        for _ in range(300):
            await client.session.receive(b'{"type":"ping"}')
        clock.now += 2
    assert client.writer.closed is None


# --- silence and expiry ----------------------------------------------------------------------


async def test_a_silent_client_is_pinged_and_after_90_seconds_closed(
    client: SessionClient, clock: Clock
) -> None:
    client.session.touch()
    for second in range(90):
        client.session.tick(clock.now + second, time.time())
        assert client.writer.closed is None
        assert (client.writer.pings > 0) == (second >= 45)
    client.session.tick(clock.now + 90, time.time())
    assert client.writer.closed == (1001, "Silent for too long")


@pytest.mark.parametrize("sign", ["frame", "pong"])
async def test_any_sign_of_life_starts_the_90_seconds_anew(
    client: SessionClient, clock: Clock, sign: str
) -> None:
    for _ in range(10):
        clock.now += 80
        client.session.tick(clock.now, time.time())
        if sign == "frame":
            await client.session.receive(b"not even JSON")
        else:
            client.session.touch()
    client.session.tick(clock.now + 89, time.time())
    assert client.writer.closed is None


async def test_when_its_token_expires_it_is_told_and_closed(hub: Hub) -> None:
    expires_at = time.time() + 100
    client = await SessionClient(hub, principal(expires_at=expires_at)).opens()
    client.session.tick(time.monotonic(), expires_at - 1)
    assert client.writer.closed is None
    client.session.tick(time.monotonic(), expires_at)
    assert client.received[-1]["code"] == "TOKEN_EXPIRED"
    assert client.writer.closed == (1008, "Token expired")


async def test_a_newer_token_keeps_it_open(hub: Hub) -> None:
    expires_at = time.time() + 100
    client = await SessionClient(hub, principal(7, expires_at=expires_at)).opens()
    [ok] = await client.sends_command("refresh", ref=1, token=f"7:login:{expires_at + 900}")
    assert ok == {"type": "ok", "ref": 1, "data": {}}
    client.session.tick(time.monotonic(), expires_at + 1)
    assert client.writer.closed is None
    client.session.tick(time.monotonic(), expires_at + 900)
    assert client.writer.closed == (1008, "Token expired")


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("8:login:9999999999", "AUTH_ERROR"),
        ("7:login:1000000000", "TOKEN_EXPIRED"),
        ("nonsense", "AUTH_ERROR"),
        ("\x00", "AUTH_ERROR"),
    ],
)
async def test_a_token_that_opens_nothing_renews_nothing(hub: Hub, token: str, code: str) -> None:
    expires_at = time.time() + 100
    client = await SessionClient(hub, principal(7, expires_at=expires_at)).opens()
    [error] = await client.sends_command("refresh", ref=2, token=token)
    assert (error["type"], error["code"], error["ref"]) == ("error", code, 2)
    assert client.session.principal.user_id == 7
    client.session.tick(time.monotonic(), expires_at)
    assert client.writer.closed == (1008, "Token expired")


async def test_after_a_refresh_it_belongs_to_the_newer_sign_in(hub: Hub) -> None:
    client = await SessionClient(hub, principal(7, login_id="old")).opens()
    await client.sends_command("refresh", token="7:new:9999999999")
    who: Principal = client.session.principal
    assert (who.login_id, who.expires_at) == ("new", 9999999999)


# --- the end ---------------------------------------------------------------------------------


async def test_the_first_reason_holds(client: SessionClient) -> None:
    client.session.close(Close.DRAINING)
    client.session.close(Close.TOKEN_EXPIRED)
    client.session.tick(time.monotonic() + 1_000, time.time() + 10_000)
    assert client.writer.closed == (1012, "Draining")


async def test_after_the_close_nothing_is_said_and_nothing_carried_out(
    hub: Hub, client: SessionClient
) -> None:
    await client.subscribes("things/1")
    client.session.close(Close.DRAINING)
    received = len(client.received)
    assert await client.sends_command("ping") == []
    assert await client.sends_command("subscribe", topic="things/2") == []
    client.session.send(Ok())
    hub.accept(await written("things/1", 1))
    await hub.reconcile()
    assert len(client.received) == received
    assert hub.feeds == {}


async def test_a_close_waits_for_the_frames_before_it(client: SessionClient) -> None:
    client.writer.taking = False
    await client.sends_command("ping", ref=1)
    await client.sends_command("ping", ref=2)
    client.session.close(Close.TOKEN_EXPIRED)
    assert client.writer.closed is None
    client.writer.taking = True
    client.session.outbox.resume()
    assert await client.is_closed() == (1008, "Token expired")
    assert [message["type"] for message in client.received[-3:]] == ["pong", "pong", "error"]
    assert not client.writer.closed_now


async def test_a_close_does_not_wait_for_ever(
    client: SessionClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.fanout.connection.CLOSE_WAIT_S", 0.05)
    client.writer.taking = False
    await client.sends_command("ping", ref=1)
    client.session.close(Close.DRAINING)
    assert await client.is_closed() == (1012, "Draining")
    assert client.writer.closed_now


async def test_a_client_that_does_not_read_its_answers_is_a_slow_consumer(
    hub: Hub, limited: Callable[..., None]
) -> None:
    limited(outbox_frames=20)
    client = await SessionClient(hub).opens()
    client.writer.taking = False
    for _ in range(21):
        await client.sends_command("ping")
    assert client.writer.closed is None
    await client.sends_command("ping")
    assert await client.is_closed() == (1013, "Slow consumer")
    assert client.writer.closed_now
    assert len(client.all_of("pong")) == 1


async def test_a_replay_waits_for_its_reader_instead_of_overflowing(
    hub: Hub, limited: Callable[..., None]
) -> None:
    limited(outbox_frames=100)
    await written("things/1", 1_000)
    client = await SessionClient(hub).opens()
    client.writer.taking = False
    subscribing = asyncio.create_task(client.subscribes("things/1", Position(None, 0)))
    while not subscribing.done():
        client.session.outbox.resume()
        await asyncio.sleep(0)
    client.writer.taking = True
    client.session.outbox.resume()
    await client.receives_offsets("things/1", range(1, 1_001))
    assert client.writer.closed is None


async def test_a_reader_that_takes_nothing_of_its_replay_is_a_slow_consumer(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.fanout.subscriber.STALL_S", 0.05)
    await written("things/1", 200)
    client = await SessionClient(hub).opens()
    client.writer.taking = False
    await client.asks_for("things/1", Position(None, 0))
    assert client.writer.closed == (1013, "Slow consumer")
    assert hub.feeds == {}


async def test_who_leaves_in_the_middle_of_a_replay_gets_no_more_of_it(hub: Hub) -> None:
    await written("things/1", 1_000)
    client = await SessionClient(hub).opens()
    client.writer.taking = False
    subscribing = asyncio.create_task(client.subscribes("things/1", Position(None, 0)))
    await client.writer.until(lambda: client.session.outbox.waiting > 0)
    await client.sends_command("unsubscribe", topic="things/1")
    client.writer.taking = True
    client.session.outbox.resume()
    await subscribing
    received = len(client.offsets("things/1"))
    assert received < 1_000
    assert client.all_of("unsubscribed")
    hub.accept(await written("things/1", 1))
    await client.sends_command("ping")
    assert len(client.offsets("things/1")) == received
