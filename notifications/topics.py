"""The topics of notifications: `users/{id}` and `broadcast`."""

from collections.abc import Sequence

from realtime import Principal, Topic

USERS = "users"
BROADCAST = Topic("broadcast")


def topic_of(user_id: int) -> Topic:
    """The user's own topic."""
    return Topic(f"{USERS}/{user_id}")


def personal_topics(principal: Principal) -> Sequence[Topic]:
    """What the notification doors carry: the caller's own topic first, then broadcasts."""
    return [topic_of(principal.user_id), BROADCAST]
