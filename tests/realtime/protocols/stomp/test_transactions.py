"""BEGIN, COMMIT, ABORT."""

import pytest

from realtime.protocol.messages import Topic
from realtime.protocols.stomp.codec import (
    Ack,
    Limits,
    Receipt,
    Send,
    SharedMessage,
    StompError,
    Version,
)
from tests.realtime.protocols.stomp.client import ALL, Client

pytestmark = pytest.mark.once

ROOM = Topic("rooms/7")


@pytest.mark.parametrize("version", ALL)
def test_what_was_said_in_a_transaction_happens_at_commit_in_order(version: Version) -> None:
    client = Client(version)
    subscription = client.subscribes(ack="client")
    message = subscription.deliver(SharedMessage(ROOM, "e", 1, b"{}"))
    assert subscription.tracker is not None

    assert client.says("BEGIN", transaction="t") == []
    assert client.says("SEND", b"1", destination="/a", transaction="t") == []
    assert client.acks(message, transaction="t") == []
    assert client.says("SEND", b"2", destination="/a", transaction="t") == []
    assert subscription.tracker.unacknowledged() == [(ROOM, "e", 1)]

    first, ack, second, receipt = client.says("COMMIT", transaction="t", receipt="r")
    assert isinstance(first, Send)
    assert first.body == b"1"
    assert isinstance(ack, Ack)
    assert ack.keys == ((ROOM, "e", 1),)
    assert isinstance(second, Send)
    assert second.body == b"2"
    assert receipt == Receipt("r")
    assert subscription.tracker.unacknowledged() == []


def test_a_receipt_in_a_transaction_is_given_at_once_and_only_once() -> None:
    client = Client()
    client.says("BEGIN", transaction="t")
    said = client.says("SEND", b"1", destination="/a", transaction="t", receipt="r1")
    assert said == [Receipt("r1")]
    (send,) = client.says("COMMIT", transaction="t")
    assert send.receipt is None


def test_what_was_aborted_never_happened() -> None:
    client = Client()
    subscription = client.subscribes(ack="client-individual")
    message = subscription.deliver(SharedMessage(ROOM, "e", 1, b"{}"))
    client.says("BEGIN", transaction="t")
    client.says("SEND", b"1", destination="/a", transaction="t")
    client.acks(message, transaction="t")
    assert client.says("ABORT", transaction="t", receipt="r") == [Receipt("r")]
    assert len(client.acks(message)) == 1


def test_transactions_are_independent_of_each_other_and_of_what_is_in_none() -> None:
    client = Client()
    client.says("BEGIN", transaction="outer")
    client.says("SEND", b"outer", destination="/a", transaction="outer")
    client.says("BEGIN", transaction="inner")
    client.says("SEND", b"inner", destination="/a", transaction="inner")
    (now,) = client.says("SEND", b"now", destination="/a")
    assert isinstance(now, Send)
    assert client.says("ABORT", transaction="outer") == []
    (inner,) = client.says("COMMIT", transaction="inner")
    assert isinstance(inner, Send)
    assert inner.body == b"inner"


def test_a_name_is_free_again_after_its_end() -> None:
    client = Client()
    for end in ("COMMIT", "ABORT", "COMMIT"):
        client.says("BEGIN", transaction="t")
        assert client.says(end, transaction="t") == []


@pytest.mark.parametrize("command", ["COMMIT", "ABORT", "SEND", "ACK"])
def test_a_transaction_that_was_not_begun_is_refused(command: str) -> None:
    headers = {"destination": "/a", "id": "1@1@e@rooms/7", "receipt": "r"}
    with pytest.raises(StompError, match="no open transaction 't'") as caught:
        Client().says(command, transaction="t", **headers)
    assert caught.value.receipt == "r"


def test_a_transaction_begins_once() -> None:
    client = Client()
    client.says("BEGIN", transaction="t")
    with pytest.raises(StompError, match="already begun"):
        client.says("BEGIN", transaction="t")


def test_a_malformed_frame_is_refused_at_once_not_at_commit() -> None:
    client = Client()
    client.says("BEGIN", transaction="t")
    with pytest.raises(StompError, match="names no message"):
        client.says("ACK", id="nonsense", transaction="t")


def test_transactions_are_bounded_in_number_frames_and_bytes() -> None:
    limits = Limits(transactions=2, transaction_frames=3, transaction_bytes=1_500)

    client = Client(limits=limits)
    client.says("BEGIN", transaction="1")
    client.says("BEGIN", transaction="2")
    with pytest.raises(StompError, match="More than 2 open transactions"):
        client.says("BEGIN", transaction="3")

    client = Client(limits=limits)
    client.says("BEGIN", transaction="1")
    for _ in range(3):
        client.says("SEND", destination="/a", transaction="1")
    with pytest.raises(StompError, match="More than 3 frames"):
        client.says("SEND", destination="/a", transaction="1")

    client = Client(limits=limits)
    for name in ("1", "2"):
        client.says("BEGIN", transaction=name)
    client.says("SEND", b"x" * 1_000, destination="/a", transaction="1")
    with pytest.raises(StompError) as caught:
        client.says("SEND", b"x" * 1_000, destination="/a", transaction="2")
    assert caught.value.too_large


def test_what_was_committed_makes_room() -> None:
    client = Client(limits=Limits(transaction_bytes=1_500))
    for end in ("COMMIT", "ABORT", "COMMIT", "ABORT"):
        client.says("BEGIN", transaction="t")
        client.says("SEND", b"x" * 1_000, destination="/a", transaction="t")
        client.says(end, transaction="t")
