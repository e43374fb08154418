"""What a topic reads like for its reader is made once for each way of reading, on the way out."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import orjson

from realtime.fanout.hub import Hub
from realtime.protocol.event_views import (
    NOTHING,
    Rendering,
    filtered,
    rendered,
)
from realtime.protocol.messages import (
    Position,
    Publication,
    State,
    Topic,
)
from realtime.protocol.principal import Principal
from realtime.registries import topics
from tests.realtime.actors import SessionClient, written
from tests.realtime.topics import Hiding, Things

POSTERS, TASTES = Topic("posters/1"), Topic("tastes/1")


@dataclass(frozen=True, slots=True)
class Coloured:
    """Adds a colour to every event."""

    colour: int

    def render(self, publication: Publication) -> Publication:
        data = orjson.loads(publication.data or b"{}")
        return replace(publication, data=orjson.dumps({**data, "colour": self.colour}))


class Posters(Things):
    """Read in the reader's colour, which their `tastes/{id}` change: to the event's number."""

    rendered = True

    def depends_on(self, principal: Principal) -> Collection[Topic]:
        return [Topic(f"tastes/{principal.user_id}")]

    def rendering(self, principal: Principal) -> Rendering:
        return Coloured(NEWEST[-1])

    def changes_rendering(self, publication: Publication) -> bool:
        return publication.topic.startswith("tastes/")

    def rendering_after(self, publication: Publication) -> Rendering:
        return Coloured(orjson.loads(publication.data or b"{}")["n"] + 100)


# What the database would say.
NEWEST = [7]
topics.register_topic_policy("posters", Posters())
topics.register_topic_policy("tastes", Posters())


def colours(client: SessionClient, topic: Topic) -> list[Any]:
    return [
        frame["data"]["colour"] for frame in client.all_of("happened") if frame["topic"] == topic
    ]


async def test_a_reader_sees_the_rendering_and_its_change_from_then_on(hub: Hub) -> None:
    client = await SessionClient(hub).opens()
    await client.subscribes(POSTERS)
    hub.accept(await written(POSTERS, 1))
    await client.receives_offsets(POSTERS, [1])
    other = await SessionClient(hub).opens()
    await other.subscribes(TASTES)
    hub.accept(await written(TASTES, 1))
    await other.receives_offsets(TASTES, [1])
    hub.accept(await written(POSTERS, 1))
    await client.receives_offsets(POSTERS, [1, 2])
    assert colours(client, POSTERS) == [7, 100]
    other.session.ended()


async def test_a_replay_reads_as_things_stand_now(hub: Hub) -> None:
    await written(TASTES, 1)
    await written(POSTERS, 2)
    client = await SessionClient(hub).opens()
    await client.session.open({TASTES: Position(None, 0), POSTERS: Position(None, 0)})
    await client.receives_offsets(POSTERS, [1, 2])
    assert colours(client, POSTERS) == [7, 7], "an older wish of the log does not come back"


def test_readers_share_what_is_made() -> None:
    class Counting:
        made = 0

        def event(self, publication: Publication) -> bytes | None:
            Counting.made += 1
            return publication.data

        def state(self, state: State) -> None:
            return None

    view = Counting()
    assert rendered(view, Coloured(3)) is rendered(view, Coloured(3))
    assert rendered(view, Coloured(3)) is not rendered(view, Coloured(4))
    assert rendered(view, None) is view
    assert rendered(NOTHING, Coloured(3)) is NOTHING
    publication = Publication(POSTERS, "e", 1, "thing", b'{"n":1}', 0.0)
    through = [
        filtered(rendered(view, Coloured(3)), event_filter)
        for event_filter in (None, Hiding(8), Hiding(9))
    ]
    shown = [each.event(publication) for each in through]
    assert shown == [b'{"n":1,"colour":3}'] * 3
    assert Counting.made == 1, "readers with other masks share what is rendered alike"
    assert rendered(view, Coloured(4)).event(publication) == b'{"n":1,"colour":4}'
    assert Counting.made == 2
