"""What is committed is heard, whatever it is heard through."""

from tests.contract.lines import Transport, messages_of, notifications_of
from tests.contract.site import BROADCAST, Site


async def test_a_notification_and_a_broadcast_arrive_bare_on_one_line(
    site: Site, transport: Transport
) -> None:
    alice = site.person()
    async with await transport.open(site.url, alice.token, notifications_of(alice.id)) as line:
        ids = await site.sends(alice, "for you")
        await line.receives(1)
        await site.broadcasts("for all")
        assert await line.receives(2) == ["for you", "for all"]
    mine, everyones = line.bodies
    assert mine.keys() == {
        "id",
        "user_id",
        "type",
        "title",
        "message",
        "link",
        "status",
        "reference_id",
        "reference_type",
        "data",
        "created_at",
        "read_at",
    }
    assert (mine["id"], mine["user_id"], mine["status"]) == (ids[0], alice.id, "UNREAD")
    assert "notification_id" not in everyones
    heads = [site.head(topic) for topic in line.subscription.topics]
    assert line.position == ";".join(f"{epoch}:{offset}" for epoch, offset in heads)


async def test_a_hundred_events_keep_their_topics_order(site: Site, transport: Transport) -> None:
    alice = site.person()
    events = [(alice.topic if n % 3 else BROADCAST, str(n)) for n in range(100)]
    async with await transport.open(site.url, alice.token, notifications_of(alice.id)) as line:
        await site.publishes(*events)
        received = await line.receives(100)
    for topic in (alice.topic, BROADCAST):
        wanted = [text for each, text in events if each == topic]
        assert [text for text in received if text in wanted] == wanted
    assert len(received) == 100


async def test_a_rooms_messages_reach_its_members(site: Site, transport: Transport) -> None:
    alice, bob = site.person(), site.person("bob")
    room = site.room(alice, bob)
    async with await transport.open(site.url, bob.token, messages_of(room)) as line:
        await site.posts(alice, room, "one", "two", "three")
        assert await line.receives(3) == ["one", "two", "three"]
    assert {body["room_id"] for body in line.bodies} == {room}
    assert {body["username"] for body in line.bodies} == {alice.name}


async def test_what_is_sent_to_others_is_not_heard(site: Site, transport: Transport) -> None:
    alice, bob = site.person(), site.person("bob")
    async with await transport.open(site.url, alice.token, notifications_of(alice.id)) as line:
        await site.sends(bob, "for bob")
        await site.sends(alice, "for alice")
        assert await line.receives(1) == ["for alice"]


async def test_what_is_sent_at_one_instance_is_heard_at_the_other(
    site: Site, transport: Transport
) -> None:
    alice = site.person()
    other = site.servers[1].url
    async with await transport.open(other, alice.token, notifications_of(alice.id)) as line:
        await site.sends(alice, "from over there")
        assert await line.receives(1) == ["from over there"]
