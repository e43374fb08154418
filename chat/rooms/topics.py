"""Who may read the topics `rooms/{id}`, and the snapshot that goes with them."""

from collections.abc import Iterator
from contextlib import contextmanager

from typing_extensions import override

from api.errors import ApiError
from chat.rooms import access, payload, selectors
from chat.rooms.models import TOPIC_KIND, topic_of
from realtime.errors import ErrorCode, RealtimeError
from realtime.principal import Principal
from realtime.topics import TopicPolicy, register

__all__ = ["RoomTopics", "register_policy", "topic_of"]


class RoomTopics(TopicPolicy):
    """Members. To others an open room says that it is there, and any other that it is not."""

    @override
    def authorize(self, principal: Principal, topic_id: str) -> None:
        with _told_as_realtime_does():
            access.membership(user_id=principal.user_id, room_id=_room_id(topic_id))

    @override
    def snapshot(self, principal: Principal, topic_id: str) -> bytes:
        room_id = _room_id(topic_id)
        # One query, so that members and receipts are of the same moment.
        rows = list(selectors.members(room_id).select_related("room"))
        if not any(row.user_id == principal.user_id for row in rows):
            # They have left since they were let in.
            with _told_as_realtime_does():
                access.refuse(rows[0].room if rows else None)
        return payload.snapshot(rows[0].room, rows)


def register_policy() -> None:
    """Tell the engine. Once, when the apps are ready."""
    register(TOPIC_KIND, RoomTopics())


def _room_id(topic_id: str) -> int:
    # `rooms/07` would be a second topic of room 7, to which nobody publishes.
    if topic_id.isascii() and topic_id.isdecimal() and str(int(topic_id)) == topic_id:
        return int(topic_id)
    raise RealtimeError(ErrorCode.NOT_FOUND, "Not found")


@contextmanager
def _told_as_realtime_does() -> Iterator[None]:
    try:
        yield
    except ApiError as error:
        raise RealtimeError(ErrorCode(error.code), error.message) from None
