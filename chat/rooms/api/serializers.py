"""The shapes of §7 that come in, and for OpenAPI those that go out (chat/rooms/payload.py)."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from typing_extensions import override

from api.fields import VisibleCharField
from api.inputs import Input, WholeNumber
from chat.rooms import limits
from chat.rooms.api.fields import SettingsField
from chat.rooms.models import Kind, Role
from chat.rooms.timer import Action, Phase, Status


class RoomInput(Input):
    """A group or focus room with a name, or the direct room with a user."""

    kind = serializers.ChoiceField(choices=[str(kind) for kind in Kind])
    name = VisibleCharField(
        max_length=limits.NAME_CHARS, required=False, help_text="Unless it is a direct room."
    )
    open = serializers.BooleanField(
        default=False, help_text="Whether anybody may join. A direct room never is."
    )
    settings = SettingsField(required=False)
    user_id = WholeNumber(min_value=1, required=False, help_text="The other one in a direct room.")

    @override
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = "user_id" if attrs["kind"] == Kind.DIRECT else "name"
        if needed not in attrs:
            raise serializers.ValidationError({needed: ["This field is required."]})
        return attrs


class RoomPatch(Input):
    """What is to change; settings are merged into the old ones, and null takes one away."""

    name = VisibleCharField(max_length=limits.NAME_CHARS, required=False)
    open = serializers.BooleanField(required=False)
    settings = SettingsField(required=False)


class RoomsQuery(serializers.Serializer[Any]):
    """Which list: without `open`, the caller's own."""

    open = serializers.BooleanField(default=False)


@extend_schema_serializer(examples=[OpenApiExample("Bob", value={"user_id": 43})])
class MemberInput(Input):
    user_id = WholeNumber(min_value=1)


@extend_schema_serializer(examples=[OpenApiExample("A moderator", value={"role": "moderator"})])
class RoleInput(Input):
    role = serializers.ChoiceField(
        choices=[str(role) for role in Role], help_text="`owner` hands the room over."
    )


class HistoryQuery(serializers.Serializer[Any]):
    """Which part of the history; ids of messages."""

    before = WholeNumber(min_value=0, required=False)
    after = WholeNumber(min_value=0, required=False)
    limit = WholeNumber(min_value=1, default=limits.HISTORY_ROWS)

    def validate_limit(self, value: int) -> int:
        return min(value, limits.MAX_HISTORY_ROWS)


class MessageInput(Input):
    """What to say. Nothing is trimmed."""

    content = VisibleCharField(max_length=limits.CONTENT_CHARS, trim_whitespace=False)
    client_id = serializers.CharField(
        max_length=limits.CLIENT_ID_CHARS,
        trim_whitespace=False,
        allow_null=True,
        required=False,
        help_text="The client's own name for the message: a resend with it stores nothing.",
    )
    reply_to = WholeNumber(
        min_value=1, allow_null=True, required=False, help_text="A message of the same room."
    )


@extend_schema_serializer(
    examples=[OpenApiExample("Put right", value={"content": "At four, not at three"})]
)
class EditInput(Input):
    """What it should have said."""

    content = VisibleCharField(max_length=limits.CONTENT_CHARS, trim_whitespace=False)


class LegacyRoomQuery(serializers.Serializer[Any]):
    """The room, where the path does not say it."""

    chat_room_id = WholeNumber()


class LegacyHistoryQuery(HistoryQuery):
    chat_room_id = WholeNumber()


class LegacyMessageInput(MessageInput):
    chat_room_id = WholeNumber(help_text="Here or in the query.")


@extend_schema_serializer(examples=[OpenApiExample("Up to there", value={"offset": 17})])
class ReadInput(Input):
    offset = WholeNumber(min_value=0, help_text="Of the room's topic.")


@extend_schema_serializer(examples=[OpenApiExample("Go", value={"action": "start"})])
class TimerInput(Input):
    action = serializers.ChoiceField(choices=[str(action) for action in Action])


class MessageOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    room_id = serializers.IntegerField()
    user_id = serializers.IntegerField(
        allow_null=True, help_text="null once the account is no more."
    )
    username = serializers.CharField()
    content = serializers.CharField(help_text="Plain text; empty once deleted.")
    client_id = serializers.CharField(allow_null=True)
    reply_to = serializers.IntegerField(allow_null=True)
    mentions = serializers.ListField(child=serializers.IntegerField())
    offset = serializers.IntegerField(help_text="Of its event in the room's topic.")
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)


class HistoryOutput(serializers.Serializer[Any]):
    results = MessageOutput(many=True)
    next = serializers.URLField(allow_null=True, help_text="What was said after these.")
    previous = serializers.URLField(allow_null=True, help_text="What was said before these.")


class RoomOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField(help_text="Of a direct room, the other one's.")
    kind = serializers.ChoiceField(choices=[str(kind) for kind in Kind])
    open = serializers.BooleanField()
    settings = SettingsField()
    role = serializers.ChoiceField(
        choices=[str(role) for role in Role], allow_null=True, help_text="null until joined."
    )
    members_count = serializers.IntegerField()
    unread_count = serializers.IntegerField(help_text="What others said since the caller's cursor.")
    last_message = MessageOutput(allow_null=True)
    head = serializers.IntegerField(help_text="How far the room's topic has come.")
    created_at = serializers.DateTimeField()


class MemberOutput(serializers.Serializer[Any]):
    user_id = serializers.IntegerField()
    username = serializers.CharField()
    role = serializers.ChoiceField(choices=[str(role) for role in Role])


class ReadOutput(serializers.Serializer[Any]):
    user_id = serializers.IntegerField()
    offset = serializers.IntegerField(help_text="Where the caller's cursor stands.")


class TimerOutput(serializers.Serializer[Any]):
    phase = serializers.ChoiceField(choices=[str(phase) for phase in Phase])
    status = serializers.ChoiceField(choices=[str(status) for status in Status])
    duration_s = serializers.IntegerField(help_text="Of the whole phase.")
    ends_at = serializers.DateTimeField(allow_null=True, help_text="null unless it runs.")
    remaining_s = serializers.FloatField()
    server_time = serializers.DateTimeField(help_text="When the rest was so.")
