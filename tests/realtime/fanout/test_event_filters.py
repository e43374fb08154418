"""What somebody does not want to be shown is hidden on the way out, and the position goes on."""

from realtime.fanout.hub import Hub
from realtime.protocol.event_views import NOTHING, filtered
from realtime.protocol.messages import Position, Topic
from tests.realtime.actors import SessionClient, written
from tests.realtime.topics import STATES_TOLD, Hiding

RUMOURS, WISHES = Topic("rumours/1"), Topic("wishes/1")


async def test_a_wish_hides_what_comes_after_it_and_the_position_goes_on(hub: Hub) -> None:
    client = await SessionClient(hub).opens()
    await client.subscribes(WISHES)
    await client.subscribes(RUMOURS)
    hub.accept(await written(RUMOURS, 2))
    await client.receives_offsets(RUMOURS, [1, 2])
    # The first of two is number 0, the second number 1: hidden is the last one wished for.
    hub.accept(await written(WISHES, 2))
    await client.receives_offsets(WISHES, [1, 2])
    hub.accept(await written(RUMOURS, 2))
    await client.receives_offsets(RUMOURS, [1, 2, 3])
    [pong] = await client.sends_command("ping")
    assert pong["positions"][RUMOURS]["offset"] == 4
    assert pong["positions"][WISHES]["offset"] == 2


async def test_who_subscribes_to_one_topic_hears_in_silence_what_changes_it(hub: Hub) -> None:
    client = await SessionClient(hub).opens()
    await client.subscribes(RUMOURS)
    assert set(hub.feeds) == {RUMOURS, WISHES}
    await wishes(hub)
    hub.accept(await written(RUMOURS, 2))
    await client.receives_offsets(RUMOURS, [2])
    assert client.offsets(WISHES) == []
    [pong] = await client.sends_command("ping")
    assert set(pong["positions"]) == {RUMOURS}


async def test_who_leaves_the_other_topic_goes_on_hearing_it_in_silence_until_the_last_has_left(
    hub: Hub,
) -> None:
    client = await SessionClient(hub).opens()
    await client.subscribes(WISHES)
    await client.subscribes(RUMOURS)
    for _ in range(3):
        await client.sends_command("unsubscribe", topic=WISHES)
        await client.subscribes(WISHES)
    await client.sends_command("unsubscribe", topic=WISHES)
    assert len(hub.feeds[WISHES].subscriptions()) == 1
    await wishes(hub)
    hub.accept(await written(RUMOURS, 2))
    await client.receives_offsets(RUMOURS, [2])
    assert client.offsets(WISHES) == []
    await client.sends_command("unsubscribe", topic=RUMOURS)
    assert hub.feeds == {}


async def test_a_replay_is_hidden_by_the_wishes_in_it(hub: Hub) -> None:
    await written(WISHES, 1)
    await written(RUMOURS, 2)
    client = await SessionClient(hub).opens()
    await client.session.open({WISHES: Position(None, 0), RUMOURS: Position(None, 0)})
    await client.receives_offsets(WISHES, [1])
    await client.receives_offsets(RUMOURS, [2])


async def test_those_with_the_same_wish_share_what_is_made(hub: Hub) -> None:
    view = NOTHING
    assert filtered(view, Hiding(3)) is filtered(view, Hiding(3))
    assert filtered(view, Hiding(3)) is not filtered(view, Hiding(4))
    assert filtered(view, None) is view


async def test_what_everybody_talks_about_changes_everybodys_state_once_for_many(
    hub: Hub,
) -> None:
    client = await SessionClient(hub).opens()
    names = [f"counters/{number}" for number in range(5)]
    for name in names:
        await client.subscribes(name)
    await client.subscribes(RUMOURS)
    reported = len(client.all_of("count"))
    STATES_TOLD.clear()
    for _ in range(50):
        hub.accept(await written(RUMOURS, 1))
    # Not every tenth of them is worth a state of its own.
    await client.receives_offsets(RUMOURS, range(1, 51))
    await client.receives("count", reported + len(names))
    assert {frame["topic"] for frame in client.all_of("count")[reported:]} == set(names)
    assert sum(STATES_TOLD) < 5 * len(names)


async def wishes(hub: Hub) -> None:
    """User 1 wishes not to be shown number 0; returns when another of their tabs has heard it."""
    other = await SessionClient(hub).opens()
    await other.subscribes(WISHES)
    hub.accept(await written(WISHES, 1))
    await other.receives_offsets(WISHES, [1])
    other.session.ended()
