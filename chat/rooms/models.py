"""The tables of rooms. Unlike the log, they are never trimmed.

Every write to a room and every publish to its topic first locks its `Room` row
(services/room_events.py). So a committed message's `offset` is that of its `message` event, and
within a room the ids, offsets and times of messages increase together.
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
    """`role` of a member. The owner and moderators add and remove members."""

    OWNER = "owner"
    MODERATOR = "moderator"
    MEMBER = "member"


def topic_of(room_id: int) -> Topic:
    """The room's topic."""
    return Topic(f"{TOPIC_KIND}/{room_id}")


def _choices(names: type[StrEnum]) -> list[tuple[str, str]]:
    return [(str(name), str(name)) for name in names]


class Room(models.Model):
    """A room; its row is the lock on everything in it. A direct room has no name of its own."""

    name = models.CharField(max_length=limits.NAME_CHARS, blank=True)
    kind = models.CharField(max_length=16, choices=_choices(Kind))
    # Whether anyone may join; otherwise only members learn that it exists.
    open = models.BooleanField(default=False)
    # JSON text as received, not a JSONField, for the same reasons as a notification's data.
    settings_json = models.TextField(default="{}")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # `low:high`, the ids of a direct room's members; None for every other kind.
    direct_pair = models.CharField(  # noqa: DJ001 - several NULLs are unique
        max_length=limits.PAIR_CHARS, null=True, unique=True, editable=False
    )
    # The focus timer as chat/rooms/timer.py stores it; "" until its first use. On this row, so that
    # a snapshot is one query and the room's lock covers the timer.
    timer_json = models.TextField(blank=True, default="", editable=False)
    # When the running phase ends; None unless the timer runs.
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
        """The topic of its events."""
        return topic_of(self.pk)

    @property
    def pair(self) -> tuple[int, int]:
        """The ids of the two members of a direct room."""
        low, _, high = (self.direct_pair or "").partition(":")
        return int(low), int(high)

    @property
    def settings(self) -> dict[str, Any]:
        """The room's settings as a dict; those of a focus room include the defaults."""
        stored: dict[str, Any] = orjson.loads(self.settings_json)
        return preferences.in_force(stored) if self.kind == Kind.FOCUS else stored


class Membership(models.Model):
    """A user's membership of a room; deleted on leaving.

    Unread are the messages of others after both offsets, which are offsets of the room's topic.
    """

    # No index of its own: the constraint's index begins with it, as `Message`'s indexes do.
    room = models.ForeignKey(Room, models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="room_memberships"
    )
    role = models.CharField(max_length=16, choices=_choices(Role), default=str(Role.MEMBER))
    joined_at = models.DateTimeField()
    # The topic's head when they joined. Not the start of `read_offset`: they have read nothing yet.
    joined_offset = models.PositiveBigIntegerField(default=0)
    # The read receipt; never decreases.
    read_offset = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "user"], name="one_membership_per_room"),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} in room {self.room_id}, {self.role}"


class Message(models.Model):
    """A message. It outlives its author's account."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="messages", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    content = models.TextField(blank=True)
    client_id = models.CharField(  # noqa: DJ001 - several NULLs are unique
        max_length=limits.CLIENT_ID_CHARS, null=True
    )
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    # JSON list of the ids of the members mentioned by `@username` in the content.
    mentions_json = models.TextField(default="[]", editable=False)
    # The offset of its `message` event in the room's topic.
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
        """The ids of the mentioned users."""
        found: list[int] = orjson.loads(self.mentions_json)
        return found


class Ban(models.Model):
    """Bans a user from a room until the row is deleted."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="bans", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="one_ban_per_room")]

    def __str__(self) -> str:
        return f"user {self.user_id} kept out of room {self.room_id}"
