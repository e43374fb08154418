"""Fields of docs/contract.md §7 with a snake_case and a camelCase name (api/names.py), by shape.

A client's own settings are not renamed, and not listed here.
"""

from api.names import Names
from chat.rooms.models import TOPIC_KIND
from realtime import SNAPSHOT, register_names, renaming

SETTINGS = Names("work_s", "break_s", "long_break_s", "timer_control")
TIMER = Names("duration_s", "ends_at", "remaining_s", "server_time")
MEMBER = Names("user_id")
MEMBERS = MEMBER | Names(results=MEMBER)
MESSAGE = Names(
    "room_id", "user_id", "client_id", "reply_to", "created_at", "edited_at", "deleted_at"
)
# The legacy endpoints take the room in the body or the query.
MESSAGES = MESSAGE | Names("chat_room_id", results=MESSAGE)
ROOM = Names(
    "user_id",
    "members_count",
    "unread_count",
    "last_message",
    "created_at",
    last_message=MESSAGE,
    settings=SETTINGS,
)
ROOMS = ROOM | Names(results=ROOM)
# The `message` command, and its answer.
COMMAND = Names("client_id", "reply_to")
CURSOR = Names("user_id", "room_id")
_SNAPSHOT = Names(settings=SETTINGS, timer=TIMER, members=MEMBER)
# Kind of the topics `users/{id}`, which carry room events to their members.
_USERS = "users"


def register_renderers() -> None:
    """Register with `realtime`. Called once, from `AppConfig.ready`."""
    message_events = ["message", "message.edited", "message.deleted"]
    register_names(TOPIC_KIND, message_events, renaming(MESSAGE))
    register_names(TOPIC_KIND, ["settings"], renaming(SETTINGS))
    register_names(TOPIC_KIND, ["timer"], renaming(TIMER))
    register_names(TOPIC_KIND, ["member.joined", "member.changed", "member.left"], renaming(MEMBER))
    register_names(TOPIC_KIND, ["read", "typing", "presence", "room.deleted"], renaming(CURSOR))
    register_names(TOPIC_KIND, [SNAPSHOT], renaming(_SNAPSHOT))
    register_names(_USERS, ["room.message"], renaming(MESSAGE))
    register_names(_USERS, ["room.added", "room.removed", "room.read"], renaming(CURSOR))
