"""Everything that writes rooms; nothing else publishes to their topics.

Each of these is a unit of work, and takes its locks in this order: the `Room` row, memberships and
messages; the topics' heads last, by the append. What is raised is an `ApiError`.

One of them at most goes into one unit of work for the same room: `post_message` takes the offset of
its event from the log's head, which does not count what that unit has yet to append.
"""

from chat.rooms.services.membership import Added, add_member, join, leave
from chat.rooms.services.messages import Posted, post_message
from chat.rooms.services.reading import mark_read
from chat.rooms.services.rooms import Direct, create_room, get_or_create_direct

__all__ = [
    "Added",
    "Direct",
    "Posted",
    "add_member",
    "create_room",
    "get_or_create_direct",
    "join",
    "leave",
    "mark_read",
    "post_message",
]
