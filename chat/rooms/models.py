"""What is kept of rooms. The log is trimmed, these tables are not.

Whoever writes anything of a room, or publishes to its topic, first locks its `Room` row
(services/writing.py). So at every commit a message's `offset` is that of its `message` event, and
within a room ids, offsets and times of messages grow together.
"""

from enum import StrEnum
from typing import Any

import orjson
from django.conf import settings
from django.db import models

from chat.rooms import limits, preferences
from realtime import Topic

TOPIC_KIND = "rooms"


class Kind(StrEnum):
    """`kind` of a room."""

    GROUP = "group"
    DIRECT = "direct"
    FOCUS = "focus"


class Role(StrEnum):
    """What a member may do: the owner and moderators bring people in and send them away."""

    OWNER = "owner"
    MODERATOR = "moderator"
    MEMBER = "member"


def topic_of(room_id: int) -> Topic:
    """The room's topic."""
    return Topic(f"{TOPIC_KIND}/{room_id}")


def _choices(names: type[StrEnum]) -> list[tuple[str, str]]:
    return [(str(name), str(name)) for name in names]


class Room(models.Model):
    """A room, and the lock of everything in it. A direct one has no name of its own."""

    name = models.CharField(max_length=limits.NAME_CHARS, blank=True)
    kind = models.CharField(max_length=16, choices=_choices(Kind))
    # Whether anybody may join; otherwise it does not exist for who has not been invited.
    open = models.BooleanField(default=False)
    # JSON text as it came, for the reasons that notifications have.
    settings_json = models.TextField(default="{}")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # `low:high`, the ids of the two of a direct room; None for every other kind.
    direct_pair = models.CharField(  # noqa: DJ001 - NULLs are not each other's duplicates
        max_length=limits.PAIR_CHARS, null=True, unique=True, editable=False
    )
    # The focus timer as chat/rooms/timer.py writes it; "" until it is first touched. Here, so that
    # a snapshot is one query, and the room's lock is the timer's.
    timer_json = models.TextField(blank=True, default="", editable=False)
    # When its running phase ends; None unless it runs.
    timer_ends_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(open=True), name="chat_room_open"),
            models.Index(
                fields=["timer_ends_at"],
                condition=models.Q(timer_ends_at__isnull=False),
                name="chat_room_timer",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.kind} {self.pk}"

    @property
    def topic(self) -> Topic:
        """Where its events are."""
        return topic_of(self.pk)

    @property
    def pair(self) -> tuple[int, int]:
        """The ids of the two of a direct room."""
        low, _, high = (self.direct_pair or "").partition(":")
        return int(low), int(high)

    @property
    def settings(self) -> dict[str, Any]:
        """The room's settings, an object; a focus room's are all there."""
        stored: dict[str, Any] = orjson.loads(self.settings_json)
        return preferences.in_force(stored) if self.kind == Kind.FOCUS else stored


class Membership(models.Model):
    """That a user is in a room; leaving deletes it.

    Unread is what others said after both offsets, which are offsets of the room's topic.
    """

    # The constraint's index begins with it, as the message's do.
    room = models.ForeignKey(Room, models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="room_memberships"
    )
    role = models.CharField(max_length=16, choices=_choices(Role), default=str(Role.MEMBER))
    joined_at = models.DateTimeField()
    # The head when they came in. Not where their receipt starts: they have read nothing yet.
    joined_offset = models.PositiveBigIntegerField(default=0)
    # The read receipt: only ever grows.
    read_offset = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "user"], name="one_membership_per_room"),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} in room {self.room_id}, {self.role}"


class Message(models.Model):
    """Something that was said. It outlives the account of who said it."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="messages", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    content = models.TextField(blank=True)
    client_id = models.CharField(  # noqa: DJ001 - NULLs are not each other's duplicates
        max_length=limits.CLIENT_ID_CHARS, null=True
    )
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    # JSON list of the ids of the members whom `@username` in the content names.
    mentions_json = models.TextField(default="[]", editable=False)
    # Where its `message` event stands in the room's topic.
    offset = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "offset"], name="one_message_per_offset"),
            models.UniqueConstraint(
                fields=["room", "user", "client_id"], name="one_message_per_client_id"
            ),
        ]
        indexes = [models.Index(fields=["room", "id"], name="chat_message_history")]

    def __str__(self) -> str:
        return f"{self.offset} in room {self.room_id}"

    @property
    def mentions(self) -> list[int]:
        """Whom it names."""
        found: list[int] = orjson.loads(self.mentions_json)
        return found


class Ban(models.Model):
    """That a user is kept out of a room, until the row is deleted."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="bans", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="one_ban_per_room")]

    def __str__(self) -> str:
        return f"user {self.user_id} kept out of room {self.room_id}"
