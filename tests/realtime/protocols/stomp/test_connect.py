"""CONNECT: the version, the heart-beats, the credentials, and what comes too early."""

import pytest

from realtime.protocols.stomp.codec import (
    HEART_BEAT,
    Connect,
    HeartBeat,
    Limits,
    State,
    StompError,
    StompProtocol,
    Subscribe,
    Version,
)
from tests.realtime.protocols.stomp.client import (
    ALL,
    drive,
    received,
    writer,
)

pytestmark = pytest.mark.once

V10, V11, V12 = ALL


def connect(subprotocol: str | None = None, command: str = "CONNECT", /, **headers: str) -> Connect:
    (action,) = StompProtocol(subprotocol).receive(writer(command, **headers))
    assert isinstance(action, Connect)
    return action


def refusal(data: bytes, subprotocol: str | None = None) -> StompError:
    protocol = StompProtocol(subprotocol)
    with pytest.raises(StompError) as caught:
        drive(protocol, data)
    assert protocol.state is State.CLOSED
    return caught.value


# --- version ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["CONNECT", "STOMP"])
@pytest.mark.parametrize(
    ("subprotocol", "accepted", "version"),
    [
        (None, None, V10),
        (None, "1.0", V10),
        (None, "1.1,1.0", V11),  # stompjs 2.3.3
        (None, "1.2,1.1,1.0", V12),  # @stomp/stompjs 7
        (None, "1.0, 1.1 , 1.2,2.0", V12),
        ("v12.stomp", "1.2,1.1,1.0", V12),
        ("v11.stomp", "1.2,1.1,1.0", V11),
        ("v10.stomp", "1.1,1.0", V10),
        ("v10.stomp", None, V10),
        ("v12.stomp", "1.1,1.0", V11),
        ("v12.stomp", "1.0", V10),
        ("v11.stomp", "1.0,2.0", V10),
        ("something-else", "1.1", V11),
    ],
)
def test_the_newest_common_version_is_spoken(
    command: str, subprotocol: str | None, accepted: str | None, version: Version
) -> None:
    headers = {} if accepted is None else {"accept_version": accepted}
    assert connect(subprotocol, command, **headers).version is version


@pytest.mark.parametrize(
    ("subprotocol", "accepted", "supported"),
    [
        (None, "2.0", "1.0,1.1,1.2"),
        (None, "", "1.0,1.1,1.2"),
        ("v12.stomp", "2.0", "1.0,1.1,1.2"),
        ("v10.stomp", "1.2", "1.0"),
        ("v11.stomp", None, "1.1"),
    ],
)
def test_without_a_common_version_the_error_lists_those_supported(
    subprotocol: str | None, accepted: str | None, supported: str
) -> None:
    headers = {} if accepted is None else {"accept_version": accepted}
    error = refusal(writer("CONNECT", **headers, receipt="r"), subprotocol)
    reported = received(StompProtocol().error_frame(error))
    assert reported.get("version") == supported
    assert reported.get("receipt-id") == "r"
    assert supported.encode() in reported.body


# --- heart-beats -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "server_sends", "client_sends"),
    [
        (None, 0, 0),
        ("0,0", 0, 0),
        ("10000,10000", 10_000, 10_000),
        ("5000,2000", 10_000, 10_000),
        ("20000,30000", 30_000, 20_000),
        ("0,15000", 15_000, 0),
        ("15000,0", 0, 15_000),
        (" 10000 , 10000 ", 10_000, 10_000),
        ("00000000000005000,0", 0, 10_000),
        ("9" * 5_000 + ",4000000", 3_600_000, 3_600_000),
    ],
)
def test_the_slower_side_sets_the_pace(
    asked: str | None, server_sends: int, client_sends: int
) -> None:
    headers = {} if asked is None else {"heart_beat": asked}
    for version in (V11, V12):
        action = connect(accept_version=version, **headers)
        assert action.heart_beat == HeartBeat(server_sends, client_sends)


def test_1_0_has_no_heart_beats() -> None:
    assert connect(heart_beat="10000,10000").heart_beat == HeartBeat(0, 0)
    assert connect(heart_beat="nonsense").heart_beat == HeartBeat(0, 0)


def test_a_server_that_offers_none_sends_none() -> None:
    protocol = StompProtocol(offered_ms=(0, 0))
    (action,) = protocol.receive(writer("CONNECT", accept_version="1.2", heart_beat="100,100"))
    assert isinstance(action, Connect)
    assert action.heart_beat == HeartBeat(0, 0)


@pytest.mark.parametrize("asked", ["", "1", "1,2,3", "-1,0", "a,b", "1.5,0", "²,0", "1,"])
def test_malformed_heart_beats_are_refused(asked: str) -> None:
    error = refusal(writer("CONNECT", accept_version="1.2", heart_beat=asked))
    assert "heart-beat" in error.message


def test_a_clients_heart_beats_are_no_actions() -> None:
    protocol = StompProtocol()
    assert drive(protocol, HEART_BEAT) == []
    drive(protocol, writer("CONNECT", accept_version="1.2"))
    assert drive(protocol, HEART_BEAT * 3) == []


# --- credentials -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
def test_authorization_is_read_in_whatever_case(name: str) -> None:
    assert connect(**{name: "Bearer a.b.c"}).authorization == "Bearer a.b.c"


def test_login_passcode_host_and_receipt_are_passed_on() -> None:
    action = connect(login="alice", passcode="p:w", host="example.org", receipt="r1")
    assert (action.login, action.passcode, action.host) == ("alice", "p:w", "example.org")
    assert action.receipt == "r1"
    assert action.authorization is None


def test_nothing_of_it_need_be_there() -> None:
    action = connect()
    assert (action.host, action.login, action.passcode, action.receipt) == (None,) * 4


def test_credentials_stay_out_of_logs() -> None:
    action = connect(Authorization="Bearer s3cret", passcode="s3cret")
    assert "s3cret" not in repr(action)


# --- the answer ------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ALL)
def test_connected_names_the_version_the_session_and_the_user(version: Version) -> None:
    protocol = StompProtocol()
    list(protocol.receive(writer("CONNECT", accept_version=version)))
    assert protocol.state.value == "connecting"
    reported = received(protocol.connected(session="c0ffee", user_name="al:ice\n"))
    assert protocol.state is State.CONNECTED
    assert reported.command == "CONNECTED"
    assert reported.get("version") == version
    assert reported.get("session") == "c0ffee"
    assert reported.get("user-name") == "al:ice"
    assert reported.get("heart-beat") == (None if version is V10 else "10000,10000")


def test_connected_answers_connect_and_nothing_else() -> None:
    with pytest.raises(RuntimeError, match="the state is new"):
        StompProtocol().connected(session="s")


# --- too early, too late, twice --------------------------------------------------------------


@pytest.mark.parametrize(
    "command", ["SEND", "SUBSCRIBE", "DISCONNECT", "CONNECTED", "GET / HTTP/1.1", "connect"]
)
def test_nothing_comes_before_connect(command: str) -> None:
    error = refusal(writer(command, destination="/a", id="1", receipt="r"))
    assert error.message == f"Expected CONNECT or STOMP, got {command!r}"
    assert error.receipt == "r"


@pytest.mark.parametrize("command", ["CONNECT", "STOMP"])
def test_a_second_connect_is_refused(command: str) -> None:
    error = refusal(writer("CONNECT") + writer(command))
    assert "came again" in error.message


def test_frames_on_the_heels_of_connect_wait_until_the_client_is_let_in() -> None:
    protocol = StompProtocol()
    early = writer("CONNECT", accept_version="1.1") + b"SUBSCRIBE\nid:a\\cb\ndestination:/x\n\n\0"
    (action,) = protocol.receive(early)
    assert isinstance(action, Connect)
    assert list(protocol.receive(b"\n")) == []
    protocol.connected(session="s")
    (action,) = protocol.receive(b"")
    assert isinstance(action, Subscribe)
    assert action.subscription.id == "a:b"


def test_but_not_without_bound() -> None:
    protocol = StompProtocol(limits=Limits(pipelined_bytes=100))
    list(protocol.receive(writer("CONNECT")))
    assert list(protocol.receive(b"\n" * 100)) == []
    with pytest.raises(StompError) as caught:
        list(protocol.receive(b"\n"))
    assert caught.value.too_large


def test_whoever_is_refused_is_told_in_words_of_1_0() -> None:
    protocol = StompProtocol()
    list(protocol.receive(writer("CONNECT", accept_version="1.2", receipt="a\\b")))
    error = StompError(
        "Authentication failed: sign in", receipt="7", headers=(("code", "AUTH_ERROR"),)
    )
    assert protocol.error_frame(error).startswith(
        b"ERROR\ncontent-length:30\nmessage:Authentication failed: sign in\n"
        b"receipt-id:7\ncode:AUTH_ERROR\ncontent-type:text/plain;charset=utf-8\n\n"
    )
    assert protocol.state is State.CLOSED
    assert list(protocol.receive(writer("SEND", destination="/a"))) == []
