"""Every command in every version, whole and with something missing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.protocol.messages import Topic
from realtime.protocols.stomp.codec import (
    Ack,
    AckMode,
    Disconnect,
    Limits,
    Nack,
    Receipt,
    Send,
    SharedMessage,
    State,
    StompError,
    StompProtocol,
    Subscribe,
    Unsubscribe,
    Version,
)
from tests.realtime.protocols.stomp.client import (
    ALL,
    StompSessionClient,
    drive,
    received,
    writer,
)

pytestmark = pytest.mark.once

V10, V11, V12 = ALL
LATER = (V11, V12)


def rejection_of(
    client: StompSessionClient, command: str, body: bytes = b"", /, **headers: str
) -> StompError:
    """The connection ends with a fault that names its receipt."""
    with pytest.raises(StompError) as caught:
        client.sends_command(command, body, receipt="r9", **headers)
    assert caught.value.receipt == "r9"
    reported = received(client.protocol.error_frame(caught.value), client.version)
    assert reported.command == "ERROR"
    assert reported.get("message") == caught.value.message
    assert reported.get("receipt-id") == "r9"
    assert reported.get("content-type") == "text/plain;charset=utf-8"
    assert reported.body
    assert client.protocol.state is State.CLOSED
    assert client.sends_command("SEND", destination="/a") == []
    return caught.value


# --- whole -----------------------------------------------------------------------------------

# A client that has subscribed "a" with ack:client, was sent m1, and has begun "t1", says:
WHOLE: list[tuple[str, dict[str, str], bytes, str]] = [
    ("SUBSCRIBE", {"id": "b", "destination": "/b"}, b"", "Subscribe"),
    ("UNSUBSCRIBE", {"id": "a"}, b"", "Unsubscribe"),
    ("UNSUBSCRIBE", {"id": "unheard-of"}, b"", "Receipt"),
    ("SEND", {"destination": "/b"}, b"hello", "Send"),
    ("SEND", {"destination": "/b", "transaction": "t1"}, b"hello", "Receipt"),
    ("ACK", {"m1": ""}, b"", "Ack"),
    ("NACK", {"m1": ""}, b"", "Nack"),
    ("ACK", {"m1": "", "transaction": "t1"}, b"", "Receipt"),
    ("BEGIN", {"transaction": "t2"}, b"", "Receipt"),
    ("COMMIT", {"transaction": "t1"}, b"", "Receipt"),
    ("ABORT", {"transaction": "t1"}, b"", "Receipt"),
    ("DISCONNECT", {}, b"", "Disconnect"),
]


def at_work(version: Version) -> tuple[StompSessionClient, bytes]:
    client = StompSessionClient(version)
    subscription = client.subscribes(ack="client")
    message = subscription.deliver(SharedMessage(Topic("rooms/7"), "e1", 1, b"{}"))
    client.sends_command("BEGIN", transaction="t1")
    return client, message


def naming(client: StompSessionClient, message: bytes, headers: dict[str, str]) -> dict[str, Any]:
    headers = dict(headers)
    if headers.pop("m1", None) is not None:
        headers |= client.answer_to(message)
    return headers


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(("command", "headers", "body", "kind"), WHOLE)
def test_every_command_is_understood_and_its_receipt_not_forgotten(
    version: Version, command: str, headers: dict[str, str], body: bytes, kind: str
) -> None:
    if command == "NACK" and version is V10:
        return
    for receipt in (None, "r1"):
        client, message = at_work(version)
        asked = naming(client, message, headers)
        if receipt is None:
            actions = client.sends_command(command, body, **asked)
            assert [type(a).__name__ for a in actions] == ([] if kind == "Receipt" else [kind])
            assert all(action.receipt is None for action in actions)
        else:
            (action,) = client.sends_command(command, body, receipt=receipt, **asked)
            assert type(action).__name__ == kind
            assert action.receipt == receipt


@pytest.mark.parametrize("version", ALL)
def test_a_receipt_comes_back_as_it_was_sent(version: Version) -> None:
    client = StompSessionClient(version)
    (action,) = client.sends_command("SEND", b"x", destination="/a", receipt="a:b")
    assert action.receipt == "a:b"
    reported = received(client.protocol.receipt("a:b", {"recovered": "true"}), version)
    assert reported.command == "RECEIPT"
    assert reported.fields() == {"receipt-id": "a:b", "recovered": "true"}


# --- with something missing ------------------------------------------------------------------

MISSING: list[tuple[Version, str, dict[str, str], str]] = [
    *((version, "SEND", {}, "destination") for version in ALL),
    *((version, "SUBSCRIBE", {"id": "1"}, "destination") for version in ALL),
    *((version, "SUBSCRIBE", {"destination": "/a"}, "id") for version in LATER),
    *((version, "UNSUBSCRIBE", {"destination": "/a"}, "id") for version in LATER),
    (V10, "UNSUBSCRIBE", {}, "destination"),
    (V10, "ACK", {}, "message-id"),
    *((V11, command, {"subscription": "a"}, "message-id") for command in ("ACK", "NACK")),
    *((V11, command, {"message_id": "1@1@e@a"}, "subscription") for command in ("ACK", "NACK")),
    *((V12, command, {"message_id": "1@1@e@a"}, "id") for command in ("ACK", "NACK")),
    *(
        (version, command, {}, "transaction")
        for version in ALL
        for command in ("BEGIN", "COMMIT", "ABORT")
    ),
]


@pytest.mark.parametrize(("version", "command", "headers", "missing"), MISSING)
def test_a_missing_header_is_named(
    version: Version, command: str, headers: dict[str, str], missing: str
) -> None:
    error = rejection_of(StompSessionClient(version), command, **headers)
    assert error.message == f"{command} has no `{missing}` header"


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("CONNECT", "came again"),
        ("STOMP", "came again"),
        ("CONNECTED", "is for servers"),
        ("MESSAGE", "is for servers"),
        ("RECEIPT", "is for servers"),
        ("ERROR", "is for servers"),
        ("send", "has no command"),
        ("PUBLISH", "has no command"),
        ("GET / HTTP/1.1", "has no command"),
    ],
)
def test_what_is_no_clients_command_is_refused(version: Version, command: str, words: str) -> None:
    assert words in rejection_of(StompSessionClient(version), command, destination="/a").message


def test_nack_came_with_1_1() -> None:
    error = rejection_of(StompSessionClient(V10), "NACK", message_id="1@1@e@a")
    assert error.message == "STOMP 1.0 has no command 'NACK'"


@pytest.mark.parametrize("version", LATER)
def test_only_send_has_a_body(version: Version) -> None:
    assert (
        rejection_of(StompSessionClient(version), "BEGIN", b"x", transaction="t").message
        == "BEGIN has a body"
    )
    assert StompSessionClient(version).sends_command("BEGIN", b"\n", transaction="t") == []
    assert StompSessionClient(V10).sends_command("BEGIN", b"x", transaction="t") == []


# --- SUBSCRIBE and UNSUBSCRIBE ---------------------------------------------------------------


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("asked", [None, *AckMode])
def test_ack_is_auto_unless_said_otherwise(version: Version, asked: AckMode | None) -> None:
    headers = {} if asked is None else {"ack": str(asked)}
    subscription = StompSessionClient(version).subscribes(**headers)
    assert subscription.ack is (asked or AckMode.AUTO)
    assert (subscription.tracker is None) == (subscription.ack is AckMode.AUTO)


def test_another_ack_is_refused() -> None:
    error = rejection_of(StompSessionClient(), "SUBSCRIBE", id="1", destination="/a", ack="never")
    assert "`ack`" in error.message


def test_a_subscriptions_further_headers_are_passed_on() -> None:
    (action,) = StompSessionClient().sends_command(
        "SUBSCRIBE", id="1", destination="/a", offset="7", epoch="e"
    )
    assert isinstance(action, Subscribe)
    assert action.headers["offset"] == "7"
    assert action.headers["epoch"] == "e"


def test_in_1_0_a_subscription_without_an_id_goes_by_its_destination() -> None:
    client = StompSessionClient(V10)
    (action,) = client.sends_command("SUBSCRIBE", destination="/a")
    assert isinstance(action, Subscribe)
    assert action.subscription.id == "/a"
    (gone,) = client.sends_command("UNSUBSCRIBE", destination="/a")
    assert isinstance(gone, Unsubscribe)
    assert gone.subscription is action.subscription


@pytest.mark.parametrize("version", ALL)
def test_an_id_is_used_once_at_a_time(version: Version) -> None:
    client = StompSessionClient(version)
    first = client.subscribes(id="1")
    assert client.protocol.subscriptions.get("1") is first
    client.sends_command("UNSUBSCRIBE", id="1")
    assert client.protocol.subscriptions.get("1") is None
    client.subscribes(id="1")
    assert "already" in rejection_of(client, "SUBSCRIBE", id="1", destination="/b").message


def test_there_are_only_so_many_subscriptions() -> None:
    client = StompSessionClient(limits=Limits(subscriptions=2))
    client.subscribes(id="1")
    client.subscribes(id="2")
    client.sends_command("UNSUBSCRIBE", id="1")
    client.subscribes(id="3")
    assert [subscription.id for subscription in client.protocol.subscriptions] == ["2", "3"]
    assert "More than 2" in rejection_of(client, "SUBSCRIBE", id="4", destination="/a").message


# --- SEND ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ALL)
def test_send_brings_its_headers_and_its_body(version: Version) -> None:
    body = "안녕\0".encode()
    (action,) = StompSessionClient(version).sends_command(
        "SEND", body, destination="/a", content_type="text/plain"
    )
    assert isinstance(action, Send)
    assert (action.destination, action.body, action.content_type) == ("/a", body, "text/plain")
    assert action.headers["content-length"] == "7"


# --- ACK and NACK ----------------------------------------------------------------------------


@pytest.mark.parametrize("version", ALL)
def test_a_message_that_was_answered_is_answered_once(version: Version) -> None:
    client, message = at_work(version)
    (action,) = client.acks(message)
    assert isinstance(action, Ack)
    assert action.keys == ((Topic("rooms/7"), "e1", 1),)
    assert client.acks(message) == []
    assert client.acks(message, receipt="r") == [Receipt("r")]


@pytest.mark.parametrize("version", LATER)
def test_nack_refuses(version: Version) -> None:
    client, message = at_work(version)
    (action,) = client.acks(message, "NACK")
    assert isinstance(action, Nack)
    assert action.subscription.id == "a"
    assert action.keys == ((Topic("rooms/7"), "e1", 1),)


@pytest.mark.parametrize("version", ALL)
def test_an_answer_to_a_subscription_that_is_gone_changes_nothing(version: Version) -> None:
    client, message = at_work(version)
    client.sends_command("UNSUBSCRIBE", id="a")
    assert client.acks(message) == []
    again = client.subscribes(ack="client")
    assert client.acks(message) == []
    assert client.acks(again.deliver(SharedMessage(Topic("rooms/7"), "e1", 1, b"{}"))) != []


@pytest.mark.parametrize("version", [V10, V11])
def test_an_answer_that_nobody_asked_for_changes_nothing(version: Version) -> None:
    client = StompSessionClient(version)
    message = client.subscribes().deliver(SharedMessage(Topic("rooms/7"), "e1", 1, b"{}"))
    assert client.acks(message) == []


@pytest.mark.parametrize(
    "nonsense",
    ["1", "@", "@@@", "1@2@3", "x@1@e@a", "1@x@e@a", "1@-1@e@a", "²@1@e@a", f"{'9' * 5000}@1@e@a"],
)
def test_an_answer_to_what_was_no_message_is_refused(nonsense: str) -> None:
    assert "names no message" in rejection_of(StompSessionClient(V12), "ACK", id=nonsense).message
    assert (
        "names no message"
        in rejection_of(StompSessionClient(V10), "ACK", message_id=nonsense).message
    )


def test_in_1_1_the_subscription_must_be_the_messages_own() -> None:
    client, message = at_work(V11)
    client.subscribes(id="b", ack="client")
    error = rejection_of(client, "ACK", **(client.answer_to(message) | {"subscription": "b"}))
    assert "another subscription" in error.message


# --- the end ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ALL)
def test_nothing_follows_disconnect(version: Version) -> None:
    client = StompSessionClient(version)
    client.sends_command("BEGIN", transaction="t")
    goodbye = writer("DISCONNECT", receipt="bye") + writer("SEND", destination="/a") + b"\xff\xff"
    assert drive(client.protocol, goodbye) == [Disconnect("bye")]
    assert client.protocol.state is State.CLOSED
    assert received(client.protocol.receipt("bye"), version).get("receipt-id") == "bye"


def test_a_fault_comes_after_the_actions_of_the_frames_before_it() -> None:
    client = StompSessionClient()
    data = (
        writer("SEND", b"1", destination="/a") + writer("SEND", b"2", destination="/a") + b"\xff\n"
    )
    actions = client.protocol.receive(data)
    assert [getattr(next(actions), "body", None) for _ in range(2)] == [b"1", b"2"]
    with pytest.raises(StompError):
        next(actions)


def test_a_closed_protocol_reads_no_further() -> None:
    client = StompSessionClient()
    actions = client.protocol.receive(writer("SEND", destination="/a") * 2)
    next(actions)
    client.protocol.close()
    client.protocol.close()
    assert list(actions) == []


# --- anything at all -------------------------------------------------------------------------

NAMES = ["id", "destination", "ack", "message-id", "subscription", "transaction", "receipt"]
COMMANDS = [
    "CONNECT", "STOMP", "SEND", "SUBSCRIBE", "UNSUBSCRIBE", "ACK", "NACK", "BEGIN", "COMMIT",
    "ABORT", "DISCONNECT", "MESSAGE",
]  # fmt: skip
VALUES = st.sampled_from(["a", "b", "client", "auto", "1@1@e@a", "2@1@e@b"]) | st.text(max_size=9)
FRAMES = st.builds(
    lambda command, headers, body, version: writer(
        command, body, version, **{k.replace("-", "_"): v for k, v in headers.items()}
    ),
    st.sampled_from(COMMANDS),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5),
    st.binary(max_size=10),
    st.just(V12),
)


def outcome(chunks: list[bytes]) -> list[str]:
    """What came of it, in words."""
    protocol = StompProtocol(limits=Limits(subscriptions=2, transactions=2))
    said: list[str] = []
    drive(protocol, writer("CONNECT", accept_version="1.2"))
    try:
        for chunk in chunks:
            for action in protocol.receive(chunk):
                said.append(f"{type(action).__name__} {action.receipt}")  # noqa: PERF401
    except StompError as error:
        said.append(repr(received(protocol.error_frame(error)).fields()))
    return said


@given(
    stream=st.lists(FRAMES | st.binary(max_size=9) | st.just(b"\n"), max_size=12).map(b"".join),
    cuts=st.lists(st.integers(0, 600), max_size=9).map(sorted),
)
def test_a_conversation_goes_the_same_way_however_it_is_cut(stream: bytes, cuts: list[int]) -> None:
    pieces = [stream[i:j] for i, j in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    if cuts and cuts[-1] > len(stream):
        pieces = [stream]
    assert outcome(pieces) == outcome([stream])
    assert outcome([stream[i : i + 1] for i in range(len(stream))]) == outcome([stream])
