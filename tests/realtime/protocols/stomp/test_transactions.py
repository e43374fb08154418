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
from tests.realtime.protocols.stomp.client import ALL, StompSessionClient

pytestmark = pytest.mark.once

ROOM = Topic("rooms/7")


@pytest.mark.parametrize("version", ALL)
def test_what_was_said_in_a_transaction_happens_at_commit_in_order(version: Version) -> None:
    client = StompSessionClient(version)
    subscription = client.subscribes(ack="client")
    message = subscription.deliver(SharedMessage(ROOM, "e", 1, b"{}"))
    assert subscription.tracker is not None

    assert client.sends_command("BEGIN", transaction="t") == []
    assert client.sends_command("SEND", b"1", destination="/a", transaction="t") == []
    assert client.acks(message, transaction="t") == []
    assert client.sends_command("SEND", b"2", destination="/a", transaction="t") == []
    assert subscription.tracker.unacknowledged() == [(ROOM, "e", 1)]

    first, ack, second, receipt = client.sends_command("COMMIT", transaction="t", receipt="r")
    assert isinstance(first, Send)
    assert first.body == b"1"
    assert isinstance(ack, Ack)
    assert ack.keys == ((ROOM, "e", 1),)
    assert isinstance(second, Send)
    assert second.body == b"2"
    assert receipt == Receipt("r")
    assert subscription.tracker.unacknowledged() == []


def test_a_receipt_in_a_transaction_is_given_at_once_and_only_once() -> None:
    client = StompSessionClient()
    client.sends_command("BEGIN", transaction="t")
    said = client.sends_command("SEND", b"1", destination="/a", transaction="t", receipt="r1")
    assert said == [Receipt("r1")]
    (send,) = client.sends_command("COMMIT", transaction="t")
    assert send.receipt is None


def test_what_was_aborted_never_happened() -> None:
    client = StompSessionClient()
    subscription = client.subscribes(ack="client-individual")
    message = subscription.deliver(SharedMessage(ROOM, "e", 1, b"{}"))
    client.sends_command("BEGIN", transaction="t")
    client.sends_command("SEND", b"1", destination="/a", transaction="t")
    client.acks(message, transaction="t")
    assert client.sends_command("ABORT", transaction="t", receipt="r") == [Receipt("r")]
    assert len(client.acks(message)) == 1


def test_transactions_are_independent_of_each_other_and_of_what_is_in_none() -> None:
    client = StompSessionClient()
    client.sends_command("BEGIN", transaction="outer")
    client.sends_command("SEND", b"outer", destination="/a", transaction="outer")
    client.sends_command("BEGIN", transaction="inner")
    client.sends_command("SEND", b"inner", destination="/a", transaction="inner")
    (now,) = client.sends_command("SEND", b"now", destination="/a")
    assert isinstance(now, Send)
    assert client.sends_command("ABORT", transaction="outer") == []
    (inner,) = client.sends_command("COMMIT", transaction="inner")
    assert isinstance(inner, Send)
    assert inner.body == b"inner"


def test_a_name_is_free_again_after_its_end() -> None:
    client = StompSessionClient()
    for end in ("COMMIT", "ABORT", "COMMIT"):
        client.sends_command("BEGIN", transaction="t")
        assert client.sends_command(end, transaction="t") == []


@pytest.mark.parametrize("command", ["COMMIT", "ABORT", "SEND", "ACK"])
def test_a_transaction_that_was_not_begun_is_refused(command: str) -> None:
    headers = {"destination": "/a", "id": "1@1@e@rooms/7", "receipt": "r"}
    with pytest.raises(StompError, match="no open transaction 't'") as caught:
        StompSessionClient().sends_command(command, transaction="t", **headers)
    assert caught.value.receipt == "r"


def test_a_transaction_begins_once() -> None:
    client = StompSessionClient()
    client.sends_command("BEGIN", transaction="t")
    with pytest.raises(StompError, match="already begun"):
        client.sends_command("BEGIN", transaction="t")


def test_a_malformed_frame_is_refused_at_once_not_at_commit() -> None:
    client = StompSessionClient()
    client.sends_command("BEGIN", transaction="t")
    with pytest.raises(StompError, match="names no message"):
        client.sends_command("ACK", id="nonsense", transaction="t")


def test_transactions_are_bounded_in_number_frames_and_bytes() -> None:
    limits = Limits(transactions=2, transaction_frames=3, transaction_bytes=1_500)

    client = StompSessionClient(limits=limits)
    client.sends_command("BEGIN", transaction="1")
    client.sends_command("BEGIN", transaction="2")
    with pytest.raises(StompError, match="More than 2 open transactions"):
        client.sends_command("BEGIN", transaction="3")

    client = StompSessionClient(limits=limits)
    client.sends_command("BEGIN", transaction="1")
    for _ in range(3):
        client.sends_command("SEND", destination="/a", transaction="1")
    with pytest.raises(StompError, match="More than 3 frames"):
        client.sends_command("SEND", destination="/a", transaction="1")

    client = StompSessionClient(limits=limits)
    for name in ("1", "2"):
        client.sends_command("BEGIN", transaction=name)
    client.sends_command("SEND", b"x" * 1_000, destination="/a", transaction="1")
    with pytest.raises(StompError) as caught:
        client.sends_command("SEND", b"x" * 1_000, destination="/a", transaction="2")
    assert caught.value.too_large


def test_what_was_committed_makes_room() -> None:
    client = StompSessionClient(limits=Limits(transaction_bytes=1_500))
    for end in ("COMMIT", "ABORT", "COMMIT", "ABORT"):
        client.sends_command("BEGIN", transaction="t")
        client.sends_command("SEND", b"x" * 1_000, destination="/a", transaction="t")
        client.sends_command(end, transaction="t")
