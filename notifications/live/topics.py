"""The topic of broadcasts, and the topics of notification streams."""

from collections.abc import Sequence

from accounts.topics import user_topic
from realtime import Principal, Topic

BROADCAST = Topic("broadcast")


def personal_topics(principal: Principal) -> Sequence[Topic]:
    """Return the topics of notification streams: the caller's own first, then broadcasts."""
    return [user_topic(principal.user_id), BROADCAST]
