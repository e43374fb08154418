"""MESSAGE: made in two halves, read as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.protocol.messages import Topic
from realtime.protocols.stomp.codec import (
    AckMode,
    MessageKey,
    SharedMessage,
    Version,
)
from realtime.protocols.stomp.codec.message import read_message_id
from tests.realtime.protocols.stomp.client import ALL, StompSessionClient, received

pytestmark = pytest.mark.once

ROOM = Topic("rooms/7")
BODY = '{"content":"안녕"}'.encode()


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("ack", AckMode)
def test_a_message_says_where_it_comes_from(version: Version, ack: AckMode) -> None:
    subscription = StompSessionClient(version).subscribes(
        id="my:id", destination="/topic/rooms/7", ack=ack
    )
    reported = received(subscription.deliver(SharedMessage(ROOM, "a1b2", 12, BODY)), version)
    assert reported.command == "MESSAGE"
    assert reported.body == BODY
    expected = {
        "subscription": "my:id",
        "destination": "/topic/rooms/7",
        "message-id": "1@12@a1b2@rooms/7",
        "content-type": "application/json;charset=utf-8",
        "content-length": str(len(BODY)),
        "topic": "rooms/7",
        "offset": "12",
        "epoch": "a1b2",
    }
    if version is Version.V12 and ack is not AckMode.AUTO:
        expected["ack"] = expected["message-id"]
    assert reported.fields() == expected
    assert len(reported.headers) == len(expected)


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("ack", AckMode)
def test_the_first_message_may_carry_more(version: Version, ack: AckMode) -> None:
    subscription = StompSessionClient(version).subscribes(ack=ack)
    shared = SharedMessage(ROOM, "a1b2", 12, BODY)
    first = received(subscription.deliver(shared, {"recovered": "true", "x": "a\nb"}), version)
    assert first.get("recovered") == "true"
    assert first.body == BODY
    assert received(subscription.deliver(shared), version).get("recovered") is None


@pytest.mark.parametrize("version", ALL)
def test_topics_with_colons_find_their_way_back(version: Version) -> None:
    client = StompSessionClient(version)
    subscription = client.subscribes(ack="client")
    topic = Topic("users/issuer:42.a_b-c")
    message = subscription.deliver(SharedMessage(topic, "e", 3, b"{}"))
    assert received(message, version).get("topic") == topic
    (ack,) = client.acks(message)
    assert ack.keys == (MessageKey(topic, "e", 3),)  # type: ignore[union-attr]


@pytest.mark.parametrize("version", ALL)
def test_legacy_clients_that_undo_no_escapes_still_acknowledge(version: Version) -> None:
    client = StompSessionClient(version)
    message = client.subscribes(ack="client").deliver(SharedMessage(ROOM, "e", 3, b"{}"))
    lines = dict(line.split(b":", 1) for line in message.split(b"\n\n")[0].split(b"\n")[1:])
    assert lines[b"message-id"].decode() == received(message, version).get("message-id")


def test_no_two_messages_of_a_connection_have_the_same_id() -> None:
    client = StompSessionClient()
    shared = [SharedMessage(Topic(topic), "e", n, b"") for topic in ("a", "b") for n in (1, 2)]
    ids = []
    for name in ("1", "2"):
        subscription = client.subscribes(id=name)
        ids += [received(subscription.deliver(one)).get("message-id") for one in shared]
    client.sends_command("UNSUBSCRIBE", id="1")
    again = client.subscribes(id="1")
    ids += [received(again.deliver(one)).get("message-id") for one in shared]
    assert len(set(ids)) == len(ids) == 12


def test_the_shared_half_is_made_once_per_version() -> None:
    shared = SharedMessage(ROOM, "e", 1, BODY)
    assert shared.tail(Version.V12) is shared.tail(Version.V12)


TOPICS = st.from_regex(r"\A[a-z]{1,32}(/[A-Za-z0-9._:-]{1,128})?\Z").map(Topic)


@given(
    topic=TOPICS,
    epoch=st.text(min_size=1, max_size=20),
    offset=st.integers(0, 2**63 - 1),
    version=st.sampled_from([Version.V12]),
)
def test_whatever_the_epoch_and_the_topic_an_answer_finds_its_message(
    topic: Topic, epoch: str, offset: int, version: Version
) -> None:
    client = StompSessionClient(version)
    subscription = client.subscribes(ack="client-individual")
    reported = received(subscription.deliver(SharedMessage(topic, epoch, offset, b"{}")))
    assert reported.get("message-id") == reported.get("ack")
    found = read_message_id(reported.get("ack") or "")
    assert found == (1, MessageKey(topic, epoch.replace("\0", " "), offset))


def test_a_subscription_is_full_when_too_much_is_unacknowledged() -> None:
    client = StompSessionClient()
    watched, unwatched = client.subscribes(id="1", ack="client"), client.subscribes(id="2")
    for offset in range(1, 1_001):
        assert not watched.full
        message = watched.deliver(SharedMessage(ROOM, "e", offset, b"{}"))
        unwatched.deliver(SharedMessage(ROOM, "e", offset, b"{}"))
    assert watched.full
    assert not unwatched.full
    client.acks(message)
    assert not watched.full
