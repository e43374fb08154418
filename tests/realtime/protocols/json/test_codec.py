"""The JSON protocol, fed with bytes and values: no socket, no database."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.protocol.errors import CommandError, ErrorCode, declare_error_code, error_codes
from realtime.protocol.messages import (
    Command,
    Connected,
    ErrorPush,
    Ok,
    Ping,
    Pong,
    Position,
    Publication,
    Push,
    Refresh,
    State,
    Subscribe,
    Subscribed,
    Topic,
    Unsubscribe,
    Unsubscribed,
)
from realtime.protocols.json.codec import JSON_CODEC
from tests.realtime.actors import message_of

pytestmark = pytest.mark.once

MY_TOPIC = Topic("users/42")
HERE = Position("a1b2c3", 7)


def frame(kind: Any, data: Any = None, **more: Any) -> bytes:
    return json.dumps({"type": kind, "data": data, **more}).encode()


def refusal(payload: bytes) -> CommandError:
    with pytest.raises(CommandError) as caught:
        JSON_CODEC.decode(payload)
    return caught.value


# --- what the server says --------------------------------------------------------------------

SHAPES: list[tuple[str, Push, dict[str, Any]]] = [
    (
        "connected",
        Connected(
            42, "c0ffee", 30, {MY_TOPIC: HERE, Topic("broadcast"): Position("a1b2c3", 0)}, "Welcome"
        ),
        {
            "type": "connected",
            "message": "Welcome",
            "user_id": 42,
            "connection_id": "c0ffee",
            "heartbeat_s": 30,
            "subscriptions": {
                "users/42": {"epoch": "a1b2c3", "offset": 7},
                "broadcast": {"epoch": "a1b2c3", "offset": 0},
            },
        },
    ),
    (
        "connected to nothing yet",
        Connected(42, "c0ffee", 30, {}, "Welcome"),
        {
            "type": "connected",
            "message": "Welcome",
            "user_id": 42,
            "connection_id": "c0ffee",
            "heartbeat_s": 30,
            "subscriptions": {},
        },
    ),
    (
        "subscribed",
        Subscribed(MY_TOPIC, HERE, recovered=True, ref=1),
        {
            "type": "subscribed",
            "topic": "users/42",
            "epoch": "a1b2c3",
            "offset": 7,
            "recovered": True,
            "ref": 1,
        },
    ),
    (
        "subscribed with a snapshot",
        Subscribed(MY_TOPIC, HERE, recovered=False, snapshot=b'{"members":[1,2]}'),
        {
            "type": "subscribed",
            "topic": "users/42",
            "epoch": "a1b2c3",
            "offset": 7,
            "recovered": False,
            "snapshot": {"members": [1, 2]},
        },
    ),
    (
        "unsubscribed",
        Unsubscribed(MY_TOPIC, ref="x"),
        {"type": "unsubscribed", "topic": "users/42", "ref": "x"},
    ),
    (
        "pong",
        Pong("2026-07-01T10:00:00.000Z", {MY_TOPIC: HERE}, ref=2),
        {
            "type": "pong",
            "server_time": "2026-07-01T10:00:00.000Z",
            "positions": {"users/42": {"epoch": "a1b2c3", "offset": 7}},
            "ref": 2,
        },
    ),
    ("ok", Ok(ref=3), {"type": "ok", "ref": 3, "data": {}}),
    (
        "ok with data",
        Ok(ref=3, data={"id": 1, "offset": 2, "client_id": "c"}),
        {"type": "ok", "ref": 3, "data": {"id": 1, "offset": 2, "client_id": "c"}},
    ),
    (
        "error",
        ErrorPush(ErrorCode.FORBIDDEN, "Not yours", ref=[1]),
        {"type": "error", "code": "FORBIDDEN", "message": "Not yours", "ref": [1]},
    ),
    (
        "error without ref",
        ErrorPush("BAD_FRAME", "No"),
        {"type": "error", "code": "BAD_FRAME", "message": "No"},
    ),
    (
        "event",
        Publication(MY_TOPIC, "a1b2c3", 8, "notification", b'{"title":"\xed\x95\x9c"}', 1.5),
        {
            "type": "notification",
            "topic": "users/42",
            "epoch": "a1b2c3",
            "offset": 8,
            "data": {"title": "한"},
        },
    ),
    (
        "state, which has no offset",
        State(MY_TOPIC, "unread_count", b'{"count":3,"version":9}'),
        {"type": "unread_count", "topic": "users/42", "data": {"count": 3, "version": 9}},
    ),
]


@pytest.mark.parametrize(("push", "expected"), [s[1:] for s in SHAPES], ids=[s[0] for s in SHAPES])
def test_every_push_has_the_shape_of_the_contract(push: Push, expected: dict[str, Any]) -> None:
    assert message_of(JSON_CODEC.encode(push)) == expected


def test_every_error_code_is_sent_by_its_name() -> None:
    assert {*ErrorCode, "BUSY", "TOO_LONG"} <= set(error_codes())
    for code in error_codes():
        assert message_of(JSON_CODEC.encode(ErrorPush(code, "")))["code"] == str(code)


def test_codes_of_apps_are_declared_in_capitals_and_once() -> None:
    before = error_codes()
    assert declare_error_code("BUSY") == "BUSY"
    assert declare_error_code(ErrorCode.NOT_FOUND) == "NOT_FOUND"
    assert error_codes() == before
    for bad in ("", "busy", "TOO LONG", "_BUSY"):
        with pytest.raises(ValueError, match="expected an error code"):
            declare_error_code(bad)


def test_the_text_of_an_event_is_sent_as_it_stands_in_the_log() -> None:
    data = '{"text":"\\u0000 \\ud83d\\udd14 안녕","n":[1.0,1e5]}'.encode()
    push = Publication(MY_TOPIC, "e", 1, "notification", data, 0.0)
    assert data in JSON_CODEC.encode(push).payload


# --- what a client says ----------------------------------------------------------------------

COMMANDS: list[tuple[bytes, Command]] = [
    (b'{"type":"ping"}', Ping()),
    (b'{"type":"ping","data":null}', Ping()),
    (b'{"type":"ping","data":{"more":1},"ref":5,"also":[]}', Ping(5)),
    (frame("subscribe", {"topic": "users/42"}), Subscribe("users/42")),
    (
        frame("subscribe", {"topic": "users/42", "offset": None, "epoch": None}),
        Subscribe("users/42"),
    ),
    (
        frame("subscribe", {"topic": "users/42", "offset": 0}, ref="a"),
        Subscribe("users/42", Position(None, 0), "a"),
    ),
    (
        frame("subscribe", {"topic": "users/42", "offset": 7, "epoch": "a1b2c3"}),
        Subscribe("users/42", HERE),
    ),
    (
        frame("subscribe", {"topic": "no such topic", "offset": 2**64}),
        Subscribe("no such topic", Position(None, 2**64)),
    ),
    (frame("unsubscribe", {"topic": "users/42"}, ref=1), Unsubscribe("users/42", 1)),
    (frame("refresh", {"token": "eyJ"}, ref=2), Refresh("eyJ", 2)),
    (b' \n\t{"type" : "ping"}\r\n', Ping()),
]


@pytest.mark.parametrize(("payload", "command"), COMMANDS)
def test_every_command_is_read(payload: bytes, command: Command) -> None:
    assert JSON_CODEC.decode(payload) == command


@pytest.mark.parametrize("offset", [2**63, 2**64, 10**30, 10**300])
def test_an_integer_too_large_for_any_log_is_still_an_integer(offset: int) -> None:
    command = JSON_CODEC.decode(frame("subscribe", {"topic": "t", "offset": offset}))
    assert isinstance(command, Subscribe)
    assert command.position is not None
    assert isinstance(command.position.offset, int)
    assert command.position.offset >= 2**63


BAD_FRAMES: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("blank", b"   "),
    ("not JSON", b"hello"),
    ("half of it", b'{"type":"ping"'),
    ("two of them", b'{"type":"ping"}{"type":"ping"}'),
    ("a number", b"1"),
    ("null", b"null"),
    ("a list", b'[{"type":"ping"}]'),
    ("a string", b'"ping"'),
    ("no type", b'{"data":{}}'),
    ("type null", frame(None)),
    ("type a number", frame(1)),
    ("type a list", frame(["ping"])),
    ("type an object", frame({"ping": 1})),
    ("data a list", frame("ping", [])),
    ("data a string", frame("ping", "x")),
    ("data a number", frame("ping", 0)),
    ("data false", frame("ping", False)),
    ("no topic", frame("subscribe", {})),
    ("topic empty", frame("subscribe", {"topic": ""})),
    ("topic a number", frame("subscribe", {"topic": 42})),
    ("topic null", frame("unsubscribe", {"topic": None})),
    ("topic a list", frame("unsubscribe", {"topic": ["users/42"]})),
    ("no token", frame("refresh", {})),
    ("token a number", frame("refresh", {"token": 1})),
    ("offset negative", frame("subscribe", {"topic": "t", "offset": -1})),
    ("offset hugely negative", frame("subscribe", {"topic": "t", "offset": -(10**30)})),
    ("offset a fraction", frame("subscribe", {"topic": "t", "offset": 1.5})),
    ("offset a float", frame("subscribe", {"topic": "t", "offset": 1.0})),
    ("offset true", frame("subscribe", {"topic": "t", "offset": True})),
    ("offset false", frame("subscribe", {"topic": "t", "offset": False})),
    ("offset a string", frame("subscribe", {"topic": "t", "offset": "1"})),
    ("offset a list", frame("subscribe", {"topic": "t", "offset": [1]})),
    ("epoch without offset", frame("subscribe", {"topic": "t", "epoch": "e"})),
    ("epoch a number", frame("subscribe", {"topic": "t", "offset": 1, "epoch": 1})),
    ("epoch empty", frame("subscribe", {"topic": "t", "offset": 1, "epoch": ""})),
    ("epoch endless", frame("subscribe", {"topic": "t", "offset": 1, "epoch": "e" * 65})),
    ("NaN", b'{"type":"ping","ref":NaN}'),
    ("Infinity", b'{"type":"ping","ref":Infinity}'),
    ("more than a double", b'{"type":"ping","ref":1e400}'),
    ("a NUL", b'{"type":"ping"}\x00'),
    ("a NUL in a string", b'{"type":"pi\x00ng"}'),
    ("not UTF-8", b'{"type":"\xff\xfe"}'),
    ("UTF-16", '{"type":"ping"}'.encode("utf-16")),
    ("a byte order mark", b'\xef\xbb\xbf{"type":"ping"}'),
    ("a lone surrogate", b'{"type":"ping","ref":"\\ud800"}'),
    ("a lone surrogate in UTF-8", b'{"type":"ping","ref":"\xed\xa0\x80"}'),
    ("deep lists", b"[" * 5_000 + b"]" * 5_000),
    ("deep objects", b'{"a":' * 1_700 + b"1" + b"}" * 1_700),
    ("open lists", b"[" * 10_240),
    ("a deep ref", b'{"type":"ping","ref":' + b"[" * 500 + b"]" * 500 + b"}"),
]


@pytest.mark.parametrize("payload", [b[1] for b in BAD_FRAMES], ids=[b[0] for b in BAD_FRAMES])
def test_a_bad_frame_is_named_as_such(payload: bytes) -> None:
    error = refusal(payload)
    assert error.code is ErrorCode.BAD_FRAME
    assert 0 < len(error.message) < 200


@pytest.mark.parametrize("kind", ["", "Ping", "ping ", "beg", "\x00", "constructor", "x" * 9_000])
def test_an_unknown_type_is_named_as_such(kind: str) -> None:
    error = refusal(frame(kind, {}, ref=1))
    assert (error.code, error.ref) == (ErrorCode.UNKNOWN_TYPE, 1)
    assert len(error.message) < 400


REFS: list[Any] = [
    *(1, 0, -1, 1.5, 2**53, 2**64 - 1, "x", "", "\x00", "🔔", "안녕", True, False),
    *([1], [], {"a": 2}, {}, {"a": [{"b": None}]}, [None], [[[[]]]]),
]


@pytest.mark.parametrize("ref", REFS, ids=repr)
def test_a_ref_comes_back_whatever_json_it_is(ref: Any) -> None:
    command = JSON_CODEC.decode(frame("ping", ref=ref))
    assert message_of(JSON_CODEC.encode(Pong("now", {}, command.ref)))["ref"] == ref
    for bad in (frame("nonsense", ref=ref), frame("subscribe", {}, ref=ref), frame(1, ref=ref)):
        error = refusal(bad)
        answer = message_of(JSON_CODEC.encode(ErrorPush(error.code, error.message, error.ref)))
        assert answer["ref"] == ref
        assert type(answer["ref"]) is type(ref)


def test_a_ref_of_null_is_none() -> None:
    assert "ref" not in message_of(JSON_CODEC.encode(Pong("now", {}, refless().ref)))


def refless() -> Command:
    return JSON_CODEC.decode(b'{"type":"ping","ref":null}')


# --- anything at all -------------------------------------------------------------------------

# Integers over 64 bits become doubles on the way, as in a browser.
INTEGERS = st.integers(min_value=-(2**63), max_value=2**64 - 1)
NUMBERS = st.one_of(INTEGERS, st.floats(allow_nan=False, allow_infinity=False))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)
KINDS = st.sampled_from(["ping", "subscribe", "unsubscribe", "refresh", "beg", ""])
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "topic": st.one_of(TEXTS, VALUES),
        "offset": st.one_of(NUMBERS, VALUES),
        "epoch": st.one_of(TEXTS, VALUES),
        "token": st.one_of(TEXTS, VALUES),
    },
)
FRAMES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.one_of(KINDS, VALUES),
        "data": st.one_of(FIELDS, VALUES),
        "ref": VALUES,
        "more": VALUES,
    },
)


def answered(payload: bytes) -> Any:
    """Decode, answer, and return the ref of the answer; anything but `CommandError` is a bug."""
    push: Push
    try:
        push = Ok(JSON_CODEC.decode(payload).ref)
    except CommandError as error:
        push = ErrorPush(error.code, error.message, error.ref)
    answer = message_of(JSON_CODEC.encode(push))
    assert answer.get("code", "BAD_FRAME") in ("BAD_FRAME", "UNKNOWN_TYPE")
    return answer.get("ref")


@given(st.one_of(st.binary(max_size=200), TEXTS.map(str.encode)))
def test_no_bytes_raise_anything_but_a_command_error(payload: bytes) -> None:
    answered(payload)


@given(VALUES)
def test_no_json_raises_anything_but_a_command_error(value: Any) -> None:
    answered(json.dumps(value).encode())


@given(FRAMES)
def test_no_frame_raises_anything_but_a_command_error_and_its_ref_comes_back(
    message: dict[str, Any],
) -> None:
    assert answered(json.dumps(message).encode()) == message.get("ref")


@given(FRAMES, st.data())
def test_no_mutilated_frame_raises_anything_but_a_command_error(
    message: dict[str, Any], data: st.DataObject
) -> None:
    payload = bytearray(json.dumps(message).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(payload)))
        payload[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    answered(bytes(payload))


# --- how long it takes -----------------------------------------------------------------------

WORST: dict[str, Callable[[int], bytes]] = {
    "lists": lambda size: b"[" * size,
    "nested lists": lambda size: b"[" * (size // 2) + b"]" * (size // 2),
    "nested objects": lambda size: b'{"a":' * (size // 6) + b"1" + b"}" * (size // 6),
    "escapes": lambda size: b'{"type":"' + b"\\u0000" * (size // 6) + b'"}',
    "quotes": lambda size: b'"' * size,
    "backslashes": lambda size: b'"' + b"\\" * size,
    "digits": lambda size: b'{"type":"ping","ref":' + b"9" * size + b"}",
    "fraction": lambda size: b'{"type":"ping","ref":0.' + b"9" * size + b"}",
    "zeros": lambda size: b'{"type":"ping","ref":1' + b"0" * 250 + b"." + b"0" * size + b"}",
    "same key": lambda size: b'{"type":"ping",' + b'"a":1,' * (size // 6) + b'"a":1}',
    "keys": lambda size: json.dumps({f"k{n}": 1 for n in range(size // 12)}).encode(),
    "ref list": lambda size: b'{"type":"ping","ref":[' + b"0," * (size // 2) + b"0]}",
    "long type": lambda size: frame("é" * (size // 6)),
    "long topic": lambda size: frame("subscribe", {"topic": "a" * size}),
    "blank": lambda size: b" " * size,
}


@pytest.mark.parametrize("shape", WORST)
def test_no_frame_takes_more_than_linear_time(shape: str) -> None:
    def took(size: int) -> float:
        payload = WORST[shape](size)
        times = []
        for _ in range(20):
            began = time.perf_counter()
            answered(payload)
            times.append(time.perf_counter() - began)
        return min(times)

    small, large = took(2_560), took(10_240)
    # Four times the bytes; what grew with their square would take sixteen times as long.
    assert large < 8 * small + 0.001
    assert large < 0.010
