"""The only writers of rooms, and the only publishers to their topics.

Each service is one unit of work and raises `ApiError`. Locks are taken in this order: the `Room`
row; memberships and messages; the rows that notifiers lock (chat/rooms/notices.py); the topics'
heads last, when events are appended.

Do not call two services for the same room in one unit of work: `post_message` derives its event's
offset from the log's head, which does not count events that this unit has not appended yet.
"""

from chat.rooms.services.account_deletion import leave_all_rooms
from chat.rooms.services.membership import (
    Added,
    add_member,
    change_role,
    join_room,
    leave_room,
    remove_member,
)
from chat.rooms.services.messages import Posted, delete_message, edit_message, post_message
from chat.rooms.services.moderation import (
    ban_user,
    close_room,
    expel_member,
    hide_message,
)
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
    "ban_user",
    "change_role",
    "close_room",
    "control_timer",
    "create_room",
    "delete_message",
    "delete_room",
    "edit_message",
    "end_phases",
    "expel_member",
    "get_or_create_direct",
    "hide_message",
    "join_room",
    "leave_room",
    "leave_all_rooms",
    "mark_read",
    "post_message",
    "remove_member",
    "update_room",
]
