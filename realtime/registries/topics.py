"""The registry of topic policies: each app says, for its kinds of topic, who may read them.

Filled in `AppConfig.ready()`; read by sessions. Policies are synchronous and may use the database:
sessions call them in the engine's own threads.
"""

from collections.abc import Collection, Mapping, Sequence

from realtime.protocol.errors import ErrorCode, RealtimeError
from realtime.protocol.event_views import EventFilter, Rendering
from realtime.protocol.messages import (
    Publication,
    State,
    Topic,
    parse_topic,
)
from realtime.protocol.principal import Principal


class TopicPolicy:
    """What an app says about one kind of topic. Override what differs."""

    # Whether `state` has anything to say; the hub asks after every event of such a topic.
    stateful = False
    # Whether `event_filter` has anything to say.
    filtered = False
    # Whether `rendering` has anything to say.
    rendered = False
    # Whether `hidden` has anything to say.
    hides = False
    # Kinds of stateful topics whose state an event of this topic changes too, of each of them.
    invalidates: Collection[str] = ()
    # Whether it is counted and told who is looking (realtime/cluster/presence.py).
    shows_presence = False
    # Types of events that may end somebody's permission to read; only for them is `revokes` asked.
    revoking_events: frozenset[str] = frozenset()

    def authorize(self, principal: Principal, topic_id: str) -> None:
        """Raise `RealtimeError` (FORBIDDEN, NOT_FOUND) unless the principal may read the topic."""
        raise NotImplementedError

    def authorize_many(self, principal: Principal, topic_ids: Sequence[str]) -> None:
        """`authorize` for several topics. Override it where one query can tell of all."""
        for topic_id in topic_ids:
            self.authorize(principal, topic_id)

    def revokes(self, publication: Publication, user_id: int) -> bool:
        """Whether the user may read the topic no longer after this event. Pure."""
        return False

    def snapshot(self, principal: Principal, topic_id: str) -> bytes | None:
        """JSON text that goes with `subscribed`, read after the head, or None."""
        return None

    def state(self, topics: Collection[Topic]) -> Mapping[Topic, Sequence[State]]:
        """The unlogged facts of these topics as they stand now, in a constant number of queries."""
        return {}

    def depends_on(self, principal: Principal) -> Collection[Topic]:
        """Other topics whose events change what is shown of this one: its state, or the mask.

        A connection hears them too, although it is shown nothing of them.
        """
        return ()

    def event_filter(self, principal: Principal) -> EventFilter | None:
        """What the principal is not shown of this topic as things stand; asked if it is `filtered`.

        May use the database; read after the head.
        """
        return None

    def hidden(self, principal: Principal, publications: Sequence[Publication]) -> Collection[int]:
        """Offsets of those of a replay that the principal is never shown; asked if it `hides`.

        The position goes on over them. May use the database. Live events are shown to all who may
        read the topic: what happens while somebody is there is theirs.
        """
        return ()

    def changes_filter(self, publication: Publication) -> bool:
        """Whether this event changes a mask. Pure; asked for every event."""
        return False

    def filter_after(self, publication: Publication) -> EventFilter | None:
        """The mask that holds after an event that `changes_filter`. Pure."""
        return None

    def rendering(self, principal: Principal) -> Rendering | None:
        """How the topic reads for the principal as things stand; asked if it is `rendered`.

        May use the database; read after the head.
        """
        return None

    def changes_rendering(self, publication: Publication) -> bool:
        """Whether this event changes a rendering. Pure; asked for every event."""
        return False

    def rendering_after(self, publication: Publication) -> Rendering | None:
        """The rendering that holds after an event that `changes_rendering`. Pure."""
        return None


_policies: dict[str, TopicPolicy] = {}


def register_topic_policy(kind: str, policy: TopicPolicy) -> None:
    """Make `policy` answer for all topics `kind` and `kind/…`."""
    if kind in _policies:
        raise RuntimeError(f"expected one policy per kind, got a second one for {kind!r}")
    _policies[kind] = policy


def policy_of(topic: Topic) -> TopicPolicy:
    """Raises `RealtimeError` NOT_FOUND for a kind that nobody registered."""
    try:
        return _policies[topic.partition("/")[0]]
    except KeyError:
        raise RealtimeError(ErrorCode.NOT_FOUND, f"There is no topic {topic!r}") from None


def authorized(principal: Principal, text: str) -> Topic:
    """The topic that `text` names, if the principal may read it. Raises `RealtimeError`."""
    topic = named(text)
    policy_of(topic).authorize(principal, topic.partition("/")[2])
    return topic


def named(text: str) -> Topic:
    """The topic that `text` names, whoever may read it. Raises `RealtimeError` NOT_FOUND."""
    topic = parse_topic(text)
    if topic is None:
        raise RealtimeError(ErrorCode.NOT_FOUND, "There is no such topic")
    return topic


def authorize_many(principal: Principal, topics: Collection[Topic]) -> None:
    """Ask each kind's policy once. Raises `RealtimeError` if any may not be read."""
    by_kind: dict[TopicPolicy, list[str]] = {}
    for topic in topics:
        by_kind.setdefault(policy_of(topic), []).append(topic.partition("/")[2])
    for policy, topic_ids in by_kind.items():
        policy.authorize_many(principal, topic_ids)


def states(topics: Collection[Topic]) -> dict[Topic, Sequence[State]]:
    """The current unlogged facts of `topics`, asked of each kind's policy once."""
    by_kind: dict[TopicPolicy, list[Topic]] = {}
    for topic in topics:
        policy = policy_of(topic)
        if policy.stateful:
            by_kind.setdefault(policy, []).append(topic)
    found: dict[Topic, Sequence[State]] = {}
    for policy, names in by_kind.items():
        found.update(policy.state(names))
    return found
