"""The registry of topic policies: each app decides who may read its kinds of topic.

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
    """An app's rules for one kind of topic. Override what differs."""

    # Whether `state` is implemented; the hub calls it after every event of such a topic.
    stateful = False
    # Whether `event_filter` is implemented.
    filtered = False
    # Whether `rendering` is implemented.
    rendered = False
    # Policies with the same name here give a principal the same event filter and rendering, which
    # are read once for a connection that subscribes to several of their topics. "": with none.
    preferences = ""
    # Whether `hidden` is implemented.
    hides = False
    # Kinds of stateful topics of which every topic's state may change with an event of this topic.
    invalidates: Collection[str] = ()
    # Whether presence is counted and sent to subscribers (realtime/cluster/presence.py).
    shows_presence = False
    # Types of events that may revoke a user's permission to read; `revokes` is called only for
    # these.
    revoking_events: frozenset[str] = frozenset()

    def authorize(self, principal: Principal, topic_id: str) -> None:
        """Raise `RealtimeError` (FORBIDDEN, NOT_FOUND) unless the principal may read the topic."""
        raise NotImplementedError

    def authorize_many(self, principal: Principal, topic_ids: Sequence[str]) -> None:
        """`authorize` for several topics. Override it where one query can check all of them."""
        for topic_id in topic_ids:
            self.authorize(principal, topic_id)

    def revokes(self, publication: Publication, user_id: int) -> bool:
        """Return whether this event revokes the user's permission to read the topic. Pure."""
        return False

    def snapshot(self, principal: Principal, topic_id: str) -> bytes | None:
        """Return the JSON text that is sent with `subscribed`, read after the head, or None."""
        return None

    def state(self, topics: Collection[Topic]) -> Mapping[Topic, Sequence[State]]:
        """Return the current unlogged states of these topics, in a constant number of queries."""
        return {}

    def depends_on(self, principal: Principal) -> Collection[Topic]:
        """Other topics whose events change this one's state or the principal's event filter.

        A connection follows them too, but is sent none of their events.
        """
        return ()

    def event_filter(self, principal: Principal) -> EventFilter | None:
        """Return the principal's current event filter; called if the policy is `filtered`.

        May use the database; read after the head.
        """
        return None

    def hidden(self, principal: Principal, publications: Sequence[Publication]) -> Collection[int]:
        """Return the offsets of replayed events that the principal is never shown, if the policy
        `hides`.

        The position advances over them. May use the database. Live events are not hidden: they are
        shown to all who may read the topic at that moment.
        """
        return ()

    def changes_filter(self, publication: Publication) -> bool:
        """Return whether this event changes an event filter. Pure; called for every event."""
        return False

    def filter_after(self, publication: Publication) -> EventFilter | None:
        """Return the event filter after an event for which `changes_filter` is true. Pure."""
        return None

    def rendering(self, principal: Principal) -> Rendering | None:
        """Return the principal's current rendering; called if the policy is `rendered`.

        May use the database; read after the head.
        """
        return None

    def changes_rendering(self, publication: Publication) -> bool:
        """Return whether this event changes a rendering. Pure; called for every event."""
        return False

    def rendering_after(self, publication: Publication) -> Rendering | None:
        """Return the rendering after an event for which `changes_rendering` is true. Pure."""
        return None


_policies: dict[str, TopicPolicy] = {}


def register_topic_policy(kind: str, policy: TopicPolicy) -> None:
    """Register `policy` for all topics `kind` and `kind/…`."""
    if kind in _policies:
        raise RuntimeError(f"expected one policy per kind, got a second one for {kind!r}")
    _policies[kind] = policy


def policy_of(topic: Topic) -> TopicPolicy:
    """Return the topic's policy. Raises `RealtimeError` NOT_FOUND for an unregistered kind."""
    try:
        return _policies[topic.partition("/")[0]]
    except KeyError:
        raise RealtimeError(ErrorCode.NOT_FOUND, f"There is no topic {topic!r}") from None


def authorized(principal: Principal, text: str) -> Topic:
    """Return the topic named `text`, if the principal may read it. Raises `RealtimeError`."""
    topic = named(text)
    policy_of(topic).authorize(principal, topic.partition("/")[2])
    return topic


def named(text: str) -> Topic:
    """Return the topic named `text`, unchecked. Raises `RealtimeError` NOT_FOUND."""
    topic = parse_topic(text)
    if topic is None:
        raise RealtimeError(ErrorCode.NOT_FOUND, "There is no such topic")
    return topic


def authorize_many(principal: Principal, topics: Collection[Topic]) -> None:
    """Call each kind's policy once. Raises `RealtimeError` if a topic may not be read."""
    by_kind: dict[TopicPolicy, list[str]] = {}
    for topic in topics:
        by_kind.setdefault(policy_of(topic), []).append(topic.partition("/")[2])
    for policy, topic_ids in by_kind.items():
        policy.authorize_many(principal, topic_ids)


def states(topics: Collection[Topic]) -> dict[Topic, Sequence[State]]:
    """Return the current unlogged states of `topics`, with one call per kind's policy."""
    by_kind: dict[TopicPolicy, list[Topic]] = {}
    for topic in topics:
        policy = policy_of(topic)
        if policy.stateful:
            by_kind.setdefault(policy, []).append(topic)
    found: dict[Topic, Sequence[State]] = {}
    for policy, names in by_kind.items():
        found.update(policy.state(names))
    return found
