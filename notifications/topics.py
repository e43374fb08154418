"""Who may read the topics `users/{id}` and `broadcast`, and the unread count of the former."""

from collections.abc import Collection, Mapping, Sequence

import orjson
from typing_extensions import override

from notifications import selectors
from realtime.errors import ErrorCode, RealtimeError
from realtime.messages import State, Topic
from realtime.principal import Principal
from realtime.topics import TopicPolicy, register

_USERS = "users"
BROADCAST = Topic("broadcast")


def topic_of(user_id: int) -> Topic:
    """The user's own topic."""
    return Topic(f"{_USERS}/{user_id}")


def personal_topics(principal: Principal) -> Sequence[Topic]:
    """What the notification doors carry: the caller's own topic first, then broadcasts."""
    return [topic_of(principal.user_id), BROADCAST]


class UserTopics(TopicPolicy):
    """One's own and nobody else's. Its state is `unread_count {count, version}`."""

    stateful = True

    @override
    def authorize(self, principal: Principal, topic_id: str) -> None:
        if topic_id != str(principal.user_id):
            raise RealtimeError(ErrorCode.FORBIDDEN, "This topic is another user's")

    @override
    def state(self, topics: Collection[Topic]) -> Mapping[Topic, Sequence[State]]:
        # Only topics that a session was let into come here, so each ends in a user's id.
        users = {int(topic.partition("/")[2]): topic for topic in topics}
        return {
            users[user_id]: [
                State(
                    users[user_id],
                    "unread_count",
                    orjson.dumps({"count": unread.count, "version": unread.version}),
                )
            ]
            for user_id, unread in selectors.unread_of(users).items()
        }


class BroadcastTopic(TopicPolicy):
    """Everybody who is signed in."""

    @override
    def authorize(self, principal: Principal, topic_id: str) -> None:
        if topic_id:
            raise RealtimeError(ErrorCode.NOT_FOUND, "There is no such topic")


def register_policies() -> None:
    """Tell the engine. Once, when the apps are ready."""
    register(_USERS, UserTopics())
    register(BROADCAST, BroadcastTopic())
