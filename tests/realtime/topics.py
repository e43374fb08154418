"""Topics of the tests' own, so that the engine is tested without any domain.

`things/…` anybody may read · `secrets/…` nobody may · `counters/…` have an unlogged state and a
snapshot · `gates/…` hold whoever subscribes until the test lets them go on · `rumours/…` change the
state of all `counters/…`, and each user's `wishes/{id}` say which of both are not to be shown
"""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import orjson

from realtime.log import event_log
from realtime.protocol.errors import ErrorCode, RealtimeError
from realtime.protocol.event_views import EventFilter
from realtime.protocol.messages import Publication, State, Topic
from realtime.protocol.principal import Principal
from realtime.registries import topics
from tests.support.deadlines import PATIENCE_S


class Things(topics.TopicPolicy):
    """Open to all."""

    def authorize(self, principal: Principal, topic_id: str) -> None:
        """Nothing to say against anybody."""


class Secrets(topics.TopicPolicy):
    """Open to nobody; `secrets/none` does not even exist."""

    def authorize(self, principal: Principal, topic_id: str) -> None:
        if topic_id == "none":
            raise RealtimeError(ErrorCode.NOT_FOUND, "There is no such secret")
        raise RealtimeError(ErrorCode.FORBIDDEN, "This is not yours to read")


# How many topics' states were asked for, each time.
STATES_TOLD: list[int] = []


class Counters(Things):
    """The state of a topic is how many events it has had: `{"count": n}`."""

    stateful = True

    def snapshot(self, principal: Principal, topic_id: str) -> bytes | None:
        return orjson.dumps({"seen_by": principal.user_id})

    def state(self, topics: Collection[Topic]) -> Mapping[Topic, Sequence[State]]:
        _, heads = event_log.heads(topics)
        STATES_TOLD.append(len(topics))
        return {
            topic: [State(topic, "count", orjson.dumps({"count": heads.get(topic, 0)}))]
            for topic in topics
        }


class Gates(Things):
    """Between the reading of the log and its answer there is time for others to do something."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[threading.Event, threading.Event]] = {}

    def hold(self, user_id: int) -> tuple[threading.Event, threading.Event]:
        """Events: this user's read has happened; this user may go on."""
        self._held[user_id] = threading.Event(), threading.Event()
        return self._held[user_id]

    def authorize_many(self, principal: Principal, topic_ids: Sequence[str]) -> None:
        self._wait(principal)

    def snapshot(self, principal: Principal, topic_id: str) -> bytes | None:
        self._wait(principal)
        return None

    def _wait(self, principal: Principal) -> None:
        held = self._held.pop(principal.user_id, None)
        if held is not None:
            has_read, may_go_on = held
            has_read.set()
            assert may_go_on.wait(PATIENCE_S)


@dataclass(frozen=True, slots=True)
class Hiding:
    """Events with this number are hidden."""

    number: int

    def shows(self, publication: Publication) -> bool:
        return bool(orjson.loads(publication.data or b"{}").get("n") != self.number)


class Filtered(Things):
    """Heard together with the caller's wishes, which name the number that is hidden."""

    filtered = True

    def depends_on(self, principal: Principal) -> Collection[Topic]:
        return [Topic(f"wishes/{principal.user_id}")]

    def changes_filter(self, publication: Publication) -> bool:
        return publication.topic.startswith("wishes/")

    def filter_after(self, publication: Publication) -> EventFilter | None:
        return Hiding(orjson.loads(publication.data or b"{}")["n"])


class Rumours(Filtered):
    """What everybody talks about."""

    invalidates = ("counters",)


GATES = Gates()

topics.register_topic_policy("things", Things())
topics.register_topic_policy("secrets", Secrets())
topics.register_topic_policy("counters", Counters())
topics.register_topic_policy("gates", GATES)
topics.register_topic_policy("wishes", Filtered())
topics.register_topic_policy("rumours", Rumours())
