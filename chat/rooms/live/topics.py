"""Access policy and snapshot of the topics `rooms/{id}`."""

from collections.abc import Sequence

import orjson
from typing_extensions import override

from api.limits import MAX_ID
from chat.rooms import access, payload, selectors
from chat.rooms.live.commands import api_errors_as_realtime_errors, room_id_of
from chat.rooms.models import TOPIC_KIND, Membership, topic_of
from realtime import Principal, Publication, TopicPolicy, presence, register_topic_policy

__all__ = ["RoomTopics", "register_policy", "topic_of"]


class RoomTopics(TopicPolicy):
    """Readable by members. Others get FORBIDDEN for an open room, NOT_FOUND for any other."""

    shows_presence = True
    revoking_events = frozenset({"member.left", "room.deleted"})

    @override
    def authorize(self, principal: Principal, topic_id: str) -> None:
        with api_errors_as_realtime_errors():
            access.membership(user_id=principal.user_id, room_id=room_id_of(topic_id))

    @override
    def authorize_many(self, principal: Principal, topic_ids: Sequence[str]) -> None:
        room_ids = [room_id_of(topic_id) for topic_id in topic_ids]
        known = [room_id for room_id in room_ids if room_id <= MAX_ID]
        rows = Membership.objects.filter(user=principal.user_id, room__in=known)
        own = set(rows.values_list("room_id", flat=True))
        for room_id in room_ids:
            if room_id not in own:
                self.authorize(principal, str(room_id))  # raises the right error

    @override
    def revokes(self, publication: Publication, user_id: int) -> bool:
        if publication.type == "room.deleted":
            return True
        has_left: bool = orjson.loads(publication.data or b"{}").get("user_id") == user_id
        return has_left

    @override
    def snapshot(self, principal: Principal, topic_id: str) -> bytes:
        room_id = room_id_of(topic_id)
        # One query, so that members and read receipts are consistent.
        rows = list(selectors.members(room_id).select_related("room"))
        if not any(row.user_id == principal.user_id for row in rows):
            # The user has left since `authorize`.
            with api_errors_as_realtime_errors():
                access.refuse(rows[0].room if rows else None)
        return payload.snapshot(rows[0].room, rows, presence.online(topic_of(room_id)))


def register_policy() -> None:
    """Register with `realtime`. Called once, from `AppConfig.ready`."""
    register_topic_policy(TOPIC_KIND, RoomTopics())
