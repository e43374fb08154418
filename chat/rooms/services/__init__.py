"""Everything that writes rooms; nothing else publishes to their topics.

Each of these is a unit of work, and takes its locks in this order: the `Room` row, memberships and
messages; what a notifier takes (chat/rooms/notices.py); the topics' heads last, by the append. What
is raised is an `ApiError`.

One of them at most goes into one unit of work for the same room: `post_message` takes the offset of
its event from the log's head, which does not count what that unit has yet to append.
"""

from chat.rooms.services.account_deletion import leave_all
from chat.rooms.services.membership import (
    Added,
    add_member,
    change_role,
    join,
    leave,
    remove_member,
)
from chat.rooms.services.messages import Posted, delete_message, edit_message, post_message
from chat.rooms.services.moderation import ban, close_room, expel, hide_message
from chat.rooms.services.read_receipts import mark_read
from chat.rooms.services.rooms import (
    Direct,
    create_room,
    delete_room,
    get_or_create_direct,
    update_room,
)
from chat.rooms.services.timer import control_timer, end_phases

__all__ = [
    "Added",
    "Direct",
    "Posted",
    "add_member",
    "ban",
    "change_role",
    "close_room",
    "control_timer",
    "create_room",
    "delete_message",
    "delete_room",
    "edit_message",
    "end_phases",
    "expel",
    "get_or_create_direct",
    "hide_message",
    "join",
    "leave",
    "leave_all",
    "mark_read",
    "post_message",
    "remove_member",
    "update_room",
]
