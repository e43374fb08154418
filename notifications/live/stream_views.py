"""Stream views of notifications: the caller's own and broadcasts, without the envelope.

STOMP destinations, server-sent events and long polls use the same views.
"""

from typing import Any

import orjson

from accounts.topics import user_topic
from notifications.live import names
from notifications.live.topics import BROADCAST
from realtime import (
    ErrorCode,
    Presentation,
    Principal,
    Publication,
    RealtimeError,
    StreamView,
    envelope,
    register_destination,
)


def bare(publication: Publication, presentation: Presentation) -> bytes | None:
    """Encode the notification of docs/contract.md §6; None for other or deleted ones."""
    shape = _notification(publication)
    return None if shape is None else orjson.dumps(_named(shape, presentation))


def member(publication: Publication, presentation: Presentation) -> bytes | None:
    """Encode the same with the additional field names of legacy clients."""
    shape = _notification(publication)
    if shape is None:
        return None
    added = {
        "memberId": shape["user_id"],
        "notificationId": shape["id"],
        "redirectPath": shape["link"],
    }
    return orjson.dumps(_named(shape, presentation) | added)


def _named(shape: dict[str, Any], presentation: Presentation) -> dict[str, Any]:
    if presentation.case == "snake":
        return shape
    named: dict[str, Any] = names.NOTIFICATION.camel(shape)
    return named


def _notification(publication: Publication) -> dict[str, Any] | None:
    if publication.type != "notification":
        return None
    shape: dict[str, Any] = orjson.loads(publication.data or b"{}")
    if "deleted_at" in shape:
        return None  # redacted: nothing is left to show
    shape.pop("notification_id", None)
    return shape


def mine(principal: Principal, text: str) -> StreamView:
    """Show the caller's notifications, including broadcasts. `text` is "" or the caller's id."""
    if text not in ("", str(principal.user_id)):
        raise RealtimeError(ErrorCode.FORBIDDEN, "These notifications are another user's")
    return StreamView((user_topic(principal.user_id), BROADCAST), bare)


def members(principal: Principal, text: str) -> StreamView:
    """Show the same, in the shape of `member`."""
    return StreamView((user_topic(principal.user_id), BROADCAST), member)


def broadcasts(principal: Principal, text: str) -> StreamView:
    """Show broadcasts."""
    return StreamView((BROADCAST,), bare)


def events(principal: Principal, text: str) -> StreamView:
    """Show all events of the caller's topic, in the envelope."""
    return StreamView((user_topic(principal.user_id),), envelope, states=True)


def register_destinations() -> None:
    """Register the destinations with the engine. Called once, when the apps are ready."""
    register_destination("/user/queue/notifications", mine)
    register_destination("/user/{id}/queue/notifications", mine)
    register_destination("/member/queue/notification", members)
    register_destination("/topic/broadcast", broadcasts)
    register_destination("/user/queue/events", events)
