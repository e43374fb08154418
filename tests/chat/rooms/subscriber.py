"""A page that knows nothing of a room but a snapshot, the history, and the events since."""

from typing import Any

import orjson

from chat.rooms.live import stream_views
from chat.rooms.models import topic_of
from realtime.log import event_log
from realtime.protocol.presentation import AS_LOGGED
from tests.chat.rooms.people import ApiUser, events
from tests.support.events import Event, publications_of

Shown = dict[str, Any]


class Reader:
    """`member` opens the page; `shown` is what it shows."""

    def __init__(self, member: ApiUser, room_id: int) -> None:
        self._member = member
        self._room_id = room_id
        self.offset = event_log.heads([topic_of(room_id)])[1].get(topic_of(room_id), 0)
        self.shown = fetched(member, room_id)
        self.kinds: set[str] = set()

    def catch_up(self) -> Shown:
        """Apply what has happened; returns what the page shows then."""
        for event in events(self._room_id, after=self.offset):
            assert event.offset == self.offset + 1
            self.offset = event.offset
            self.kinds.add(event.type)
            self._apply(event)
            # An event that comes twice changes nothing.
            self._apply(event)
        return self.shown

    def _apply(self, event: Event) -> None:
        shown, data = self.shown, event.data
        match event.type:
            case "message" | "message.edited" | "message.deleted":
                shown["messages"][data["id"]] = data
            case "member.joined" | "member.changed":
                shown["members"][data["user_id"]] = data
            case "member.left":
                shown["members"].pop(data["user_id"], None)
                shown["read"].pop(str(data["user_id"]), None)
            case "read":
                shown["read"][str(data["user_id"])] = data["offset"]
            case "settings":
                shown["settings"] = data
            case "room":
                shown["room"] = data
            case "timer":
                shown["timer"] = steady(data)
            case _:
                raise AssertionError(f"expected an event of the contract, got {event.type!r}")


class BareReader:
    """A client of a bare stream, which keeps what it is shown by its id."""

    def __init__(self, member: ApiUser, room_id: int) -> None:
        self._topic = topic_of(room_id)
        self._offset = event_log.heads([self._topic])[1].get(self._topic, 0)
        self._shown: Shown = fetched(member, room_id)["messages"]

    def catch_up(self) -> Shown:
        """Take what has come; returns what it keeps then."""
        for publication in publications_of(self._topic, self._offset):
            self._offset = publication.offset
            body = stream_views.bare(publication, AS_LOGGED)
            if body is not None:
                message = orjson.loads(body)
                self._shown[message["id"]] = message
        return self._shown


def fetched(member: ApiUser, room_id: int) -> Shown:
    """The same, fetched anew."""
    snapshot, room = member.snapshot(room_id), member.room(room_id)
    said = member.asks(f"/rooms/{room_id}/messages", limit=200)["results"]
    timer = snapshot["timer"]
    return {
        "messages": {row["id"]: row for row in said},
        "members": {row["user_id"]: row for row in snapshot["members"]},
        "read": snapshot["read"],
        "settings": snapshot["settings"],
        "timer": None if timer is None else steady(timer),
        "room": {"name": room["name"], "open": room["open"]},
    }


def steady(timer: Shown) -> Shown:
    """What of a timer does not move with the clock."""
    return {key: timer[key] for key in ("phase", "status", "duration_s", "ends_at")}
