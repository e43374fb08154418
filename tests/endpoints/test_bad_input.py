"""Frames that no good client sends: each is answered, and socket and server go on."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.endpoints.company import Company
from tests.endpoints.hostile_requests import RawWebSocket
from tests.support.deadlines import PATIENCE_S
from tests.support.servers import Deployment

TOO_LARGE = (1009, "Message too large")


@pytest.fixture
def socket(company: Company, alice: str) -> Iterator[RawWebSocket]:
    """Alice's, greeted and subscribed."""
    with RawWebSocket(company.ws_url, token=alice) as socket:
        socket.receive_greeting()
        yield socket


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def a_ping_of(size: int, letter: str = "x") -> str:
    """A ping of exactly so many bytes of UTF-8."""
    frame = json.dumps({"type": "ping", "ref": "large", "pad": ""})
    letters, rest = divmod(size - len(frame), len(letter.encode()))
    return frame[:-2] + letter * letters + "x" * rest + frame[-2:]


# --- what is no command --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "hello",
        "{",
        '{"type":"ping"',
        "{'type':'ping'}",
        '{"type":"ping"}{"type":"ping"}',
        '{"type":"ping","ref":NaN}',
        '{"type":"ping","ref":Infinity}',
        "\0",
        '{"type":"ping","ref":"\0"}',
        '{"type":"ping","ref":"\\ud800"}',
        '{"type":"ping","data":{"\\udfff":1}}',
        "CONNECT\naccept-version:1.2\n\n\0",
        nested(5_000),
        "[" * 10_000,
        '{"a":' * 1_700 + "1" + "}" * 1_700,
    ],
    ids=lambda text: ascii(text[:36]),
)
def test_what_is_not_json_is_a_bad_frame(company: Company, socket: RawWebSocket, text: str) -> None:
    socket.say_text(text)

    assert socket.receive_error()["code"] == "BAD_FRAME"
    assert company.goes_on(socket, "alice")


@pytest.mark.parametrize("text", ["null", "true", "7", "-1e400", '"ping"', "[]", '[{"type":1}]'])
def test_json_that_is_no_object_is_a_bad_frame(
    company: Company, socket: RawWebSocket, text: str
) -> None:
    socket.say_text(text)

    assert socket.receive_error()["code"] == "BAD_FRAME"
    assert company.goes_on(socket, "alice")


@pytest.mark.parametrize("kind", ["dance", "PING", "", "pong", "connected", "\0", "x" * 9_000])
def test_an_unknown_type_is_named_so(company: Company, socket: RawWebSocket, kind: str) -> None:
    socket.send_message(kind, ref=7)

    assert socket.receive_answer(7)["code"] == "UNKNOWN_TYPE"
    assert company.goes_on(socket, "alice")


# --- wrong types, for every field of every command -----------------------------------------------

NO_STRINGS: list[Any] = [None, True, 0, 1.5, [], {}, ["broadcast"], {"topic": "broadcast"}]
NO_OBJECTS: list[Any] = [False, True, 0, 1.5, "", "topic", [], [{}]]
NO_OFFSETS: list[Any] = [-1, -(2**63), -(2**70), 0.5, 1.0, -0.0, 1e15, -1e30, True, False, "0", "",
                         "-1", [], [1], {}, {"offset": 1}]  # fmt: skip


@pytest.mark.parametrize("kind", [None, True, 0, 1.5, [], {}, ["ping"]])
def test_a_type_that_is_no_string(company: Company, socket: RawWebSocket, kind: Any) -> None:
    socket.say_text(json.dumps({"type": kind, "ref": "r"}))

    assert socket.receive_answer("r")["code"] == "BAD_FRAME"
    assert company.goes_on(socket, "alice")


def test_a_frame_without_a_type(company: Company, socket: RawWebSocket) -> None:
    socket.say_text('{"data":{},"ref":"r"}')

    assert socket.receive_answer("r")["code"] == "BAD_FRAME"
    assert company.goes_on(socket, "alice")


@pytest.mark.parametrize("command", ["ping", "subscribe", "unsubscribe", "refresh"])
def test_data_that_is_no_object(company: Company, socket: RawWebSocket, command: str) -> None:
    for number, data in enumerate(NO_OBJECTS):
        socket.say_text(json.dumps({"type": command, "data": data, "ref": number}))
        assert socket.receive_answer(number)["code"] == "BAD_FRAME", data
    assert company.goes_on(socket, "alice")


@pytest.mark.parametrize(
    ("command", "name"),
    [("subscribe", "topic"), ("unsubscribe", "topic"), ("refresh", "token")],
)
def test_a_text_that_is_none(
    company: Company, socket: RawWebSocket, command: str, name: str
) -> None:
    for number, value in enumerate(["", *NO_STRINGS]):
        socket.say_text(json.dumps({"type": command, "data": {name: value}, "ref": number}))
        assert socket.receive_answer(number)["code"] == "BAD_FRAME", value
    socket.send_message(command, {}, ref="nothing")
    assert socket.receive_answer("nothing")["code"] == "BAD_FRAME"
    assert company.goes_on(socket, "alice")


def test_an_offset_that_is_no_whole_number_from_0(company: Company, socket: RawWebSocket) -> None:
    for number, offset in enumerate(NO_OFFSETS):
        socket.send_message("subscribe", {"topic": "broadcast", "offset": offset}, ref=number)
        assert socket.receive_answer(number)["code"] == "BAD_FRAME", offset
    assert company.goes_on(socket, "alice")


@pytest.mark.parametrize("text", ["9" * 44, "9" * 5_000, "1e30", "2e400", "-2e400"])
def test_an_offset_that_only_json_can_write(
    company: Company, socket: RawWebSocket, text: str
) -> None:
    socket.say_text(
        f'{{"type":"subscribe","data":{{"topic":"broadcast","offset":{text}}},"ref":1}}'
    )

    answer = socket.receive_until(lambda frame: "ref" in frame or frame["type"] == "error")
    assert answer.get("recovered") is False or answer["code"] == "BAD_FRAME"
    assert company.goes_on(socket, "alice")


@pytest.mark.parametrize("offset", [2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 2**70])
def test_an_offset_above_the_head_is_not_recovered(
    company: Company, socket: RawWebSocket, offset: int
) -> None:
    head = _head(socket)
    socket.send_message("subscribe", {"topic": "broadcast", "offset": offset}, ref=1)

    answer = socket.receive_answer(1)
    assert (answer["type"], answer["recovered"], answer["offset"]) == ("subscribed", False, head)
    assert company.goes_on(socket, "alice")


def _head(socket: RawWebSocket) -> int:
    socket.send_message("ping", ref="head")
    head: int = socket.receive_answer("head")["positions"]["broadcast"]["offset"]
    return head


def test_an_epoch_that_is_none(company: Company, socket: RawWebSocket) -> None:
    for number, epoch in enumerate([True, 0, 1.5, [], {}, "", "e" * 65]):
        data = {"topic": "broadcast", "offset": 0, "epoch": epoch}
        socket.send_message("subscribe", data, ref=number)
        assert socket.receive_answer(number)["code"] == "BAD_FRAME", epoch
    assert company.goes_on(socket, "alice")


def test_an_epoch_of_another_log_is_not_recovered(company: Company, socket: RawWebSocket) -> None:
    for number, epoch in enumerate(["-", "\0", "비", "' OR 1=1 --"]):
        socket.send_message(
            "subscribe", {"topic": "broadcast", "offset": 0, "epoch": epoch}, ref=number
        )
        assert socket.receive_answer(number)["recovered"] is False, epoch
    assert company.goes_on(socket, "alice")


# --- refs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ref",
    [0, 1, -1, False, True, "", "\0", "비", 1.5, 2**63, [], {}, [[[]]], {"a": [None, {"b": "\0"}]}],
)
def test_any_ref_comes_back_as_it_was(company: Company, socket: RawWebSocket, ref: Any) -> None:
    socket.send_message("ping", ref=ref)

    pong = socket.receive_until(lambda frame: frame["type"] == "pong")
    assert pong["ref"] == ref
    assert type(pong["ref"]) is type(ref)
    assert company.is_well()


def test_a_ref_that_is_null_is_no_ref(socket: RawWebSocket) -> None:
    socket.send_message("ping", ref=None)

    assert "ref" not in socket.receive_until(lambda frame: frame["type"] == "pong")


@pytest.mark.parametrize("levels", [200, 260, 900, 2_000, 4_900])
def test_a_ref_of_many_levels_comes_back_or_is_refused(
    company: Company, socket: RawWebSocket, levels: int
) -> None:
    socket.say_text(f'{{"type":"ping","ref":{nested(levels)}}}')

    answer = socket.receive_until(lambda frame: frame["type"] in ("pong", "error"))
    if answer["type"] == "pong":
        assert json.dumps(answer["ref"]) == nested(levels)
    else:
        assert answer["code"] == "BAD_FRAME"
    assert company.goes_on(socket, "alice")


@pytest.mark.parametrize("levels", [100, 900, 2_000, 4_900])
def test_data_of_many_levels(company: Company, socket: RawWebSocket, levels: int) -> None:
    socket.say_text(f'{{"type":"ping","data":{{"more":{nested(levels)}}}}}')

    answer = socket.receive_until(lambda frame: frame["type"] in ("pong", "error"))
    assert answer["type"] == "pong" or answer["code"] == "BAD_FRAME"
    assert company.goes_on(socket, "alice")


def test_fields_that_nobody_knows_are_passed_over(socket: RawWebSocket) -> None:
    socket.send_message("ping", {"more": 1}, ref=1, colour="blue", topic=7, offset="x")

    assert socket.receive_answer(1)["type"] == "pong"


# --- bytes ---------------------------------------------------------------------------------------


def test_a_binary_frame_is_read_as_the_text_that_it_should_have_been(
    company: Company, socket: RawWebSocket
) -> None:
    socket.say_bytes(b'{"type":"ping","ref":1}')
    assert socket.receive_answer(1)["type"] == "pong"

    for payload in (b"", b"\0", b"\xff\xfe\xfd", b"\x80\x81" * 2_000):
        socket.say_bytes(payload)
        assert socket.receive_error()["code"] == "BAD_FRAME", payload[:8]
    assert company.goes_on(socket, "alice")


@pytest.mark.parametrize("payload", [b"\xff", b'{"type":"ping","ref":"\xed\xa0\x80"}', b"\xc3"])
def test_text_that_is_not_utf_8_ends_the_socket_only(
    company: Company, socket: RawWebSocket, alice: str, payload: bytes
) -> None:
    socket.say_raw_text(payload)

    assert socket.receive_the_end()[1][0] == 1007
    with RawWebSocket(company.ws_url, token=alice) as another:
        assert company.goes_on(another, "alice")


@pytest.mark.parametrize("letter", ["x", "비", "🔔"])
def test_10240_bytes_are_taken(company: Company, socket: RawWebSocket, letter: str) -> None:
    text = a_ping_of(10_240, letter)
    assert len(text.encode()) == 10_240

    socket.say_text(text)

    assert socket.receive_answer("large")["type"] == "pong"
    assert company.goes_on(socket, "alice")


@pytest.mark.parametrize("letter", ["x", "비", "🔔"])
def test_10241_bytes_are_too_large(
    company: Company, socket: RawWebSocket, alice: str, letter: str
) -> None:
    socket.say_text(a_ping_of(10_241, letter))

    frames, closed = socket.receive_the_end()
    assert (frames[-1]["code"], closed) == ("MESSAGE_TOO_LARGE", TOO_LARGE)
    assert "pong" not in {frame["type"] for frame in frames}
    with RawWebSocket(company.ws_url, token=alice) as another:
        assert company.goes_on(another, "alice")


def test_what_is_too_large_in_many_small_pieces_is_too_large(
    company: Company, socket: RawWebSocket
) -> None:
    text = a_ping_of(10_241)
    socket.connection.send(text[at : at + 100] for at in range(0, len(text), 100))

    frames, closed = socket.receive_the_end()
    assert (frames[-1]["code"], closed) == ("MESSAGE_TOO_LARGE", TOO_LARGE)
    assert company.is_well()


@pytest.mark.parametrize("size", [70_000, 5_000_000])
def test_far_too_large_ends_the_socket_and_nothing_else(
    company: Company, socket: RawWebSocket, alice: str, size: int
) -> None:
    with RawWebSocket(company.ws_url, token=alice) as bystander:
        with suppress(ConnectionClosed):
            socket.say_text(a_ping_of(size))

        assert socket.receive_the_end()[1][0] in (1006, 1009)
        assert company.goes_on(bystander, "alice")


# --- too many ------------------------------------------------------------------------------------


def test_of_1000_frames_at_once_200_are_carried_out_and_each_other_is_told_so(
    company: Company, socket: RawWebSocket
) -> None:
    started = time.monotonic()
    for number in range(1_000):
        socket.send_message("ping", ref=number)
    answers = [socket.receive_until(lambda frame: "ref" in frame) for _ in range(1_000)]
    took = time.monotonic() - started

    counts = Counter(answer.get("code", answer["type"]) for answer in answers)
    assert counts.keys() == {"pong", "RATE_LIMITED"}
    assert 200 <= counts["pong"] <= 200 + 50 * took + 1
    assert [answer["ref"] for answer in answers] == list(range(1_000))
    # The socket is open, hears, and may speak again as soon as it has been quiet for a moment.
    assert company.rings(socket, "alice")
    assert may_speak_again(socket)


def may_speak_again(socket: RawWebSocket) -> bool:
    for _ in range(200):
        socket.send_message("ping", ref="again")
        if socket.receive_answer("again")["type"] == "pong":
            return True
    return False


@pytest.fixture(scope="module")
def impatient(deployment: Deployment, company: Company) -> Company:
    """An instance that takes three frames and then one in a quarter of an hour."""
    server = deployment.add(
        BELLWIRE_FRAME_BURST=3, BELLWIRE_FRAME_RATE=0.001, BELLWIRE_RATE_PATIENCE_S=1.5
    )
    return Company(server.url, company.key)


def test_what_is_refused_is_not_carried_out(impatient: Company, alice: str) -> None:
    with RawWebSocket(impatient.ws_url, token=alice) as socket:
        socket.receive_greeting()
        for number in range(3):
            socket.send_message("ping", ref=number)
        socket.send_message("unsubscribe", {"topic": "broadcast"}, ref="too much")
        socket.say_text("and this is not even JSON")

        assert socket.receive_answer("too much")["code"] == "RATE_LIMITED"
        assert socket.receive_error()["code"] == "RATE_LIMITED"
        # Whatever it had caused would be heard before this.
        impatient.send("alice")
        received = []
        while "notification" not in received:
            received.append(socket.receive()["type"])
        assert "unsubscribed" not in received


def test_who_floods_without_a_pause_is_closed(impatient: Company, alice: str) -> None:
    bystander = RawWebSocket(impatient.ws_url, token=alice)
    with bystander, RawWebSocket(impatient.ws_url, token=alice) as socket:
        bystander.receive_greeting()
        started = time.monotonic()
        flood(socket)
        took = time.monotonic() - started

        frames, closed = socket.receive_the_end()
        assert closed == (1008, "Rate limited")
        assert frames[-1]["code"] == "RATE_LIMITED"
        assert "ref" not in frames[-1]
        assert took >= 1.5
        assert impatient.goes_on(bystander, "alice")


def flood(socket: RawWebSocket) -> None:
    """Pings, 400 a second, until the server has had enough."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.send_message("ping", ref="flood")
        except ConnectionClosed:
            return
        time.sleep(0.0025)


@pytest.mark.parametrize("path", ["/api/v1/notifications/ws", "/ws", "/ws/1/utf-eight/websocket"])
def test_bytes_that_are_no_text_close_the_socket_and_log_no_traceback(
    company: Company, alice: str, deployment: Deployment, path: str
) -> None:
    with RawWebSocket(company.ws_url, path, token=alice) as rude:
        rude.say_raw_text(b"\xff\xfe")
        with suppress(ConnectionClosed):
            while True:
                rude.connection.recv(PATIENCE_S)
        assert rude.connection.protocol.close_code == 1007
    assert "Traceback" not in deployment.server.log()
