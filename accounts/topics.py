"""The topic of a user, `users/{id}`: every domain publishes the user's own events there."""

from realtime import Topic

USERS = "users"


def user_topic(user_id: int) -> Topic:
    """Return the user's own topic."""
    return Topic(f"{USERS}/{user_id}")
