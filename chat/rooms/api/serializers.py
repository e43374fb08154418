"""Input shapes of docs/contract.md §7, output shapes (chat/rooms/payload.py) for OpenAPI."""

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
        max_length=limits.NAME_CHARS,
        required=False,
        help_text="Required except for a direct room.",
    )
    open = serializers.BooleanField(
        default=False, help_text="Whether anyone may join. A direct room is never open."
    )
    settings = SettingsField(required=False)
    user_id = WholeNumber(
        min_value=1, required=False, help_text="The other member of a direct room."
    )

    @override
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = "user_id" if attrs["kind"] == Kind.DIRECT else "name"
        if needed not in attrs:
            raise serializers.ValidationError({needed: ["This field is required."]})
        return attrs


class RoomPatch(Input):
    """Fields to change. Settings are merged into the old ones; null removes one."""

    name = VisibleCharField(max_length=limits.NAME_CHARS, required=False)
    open = serializers.BooleanField(required=False)
    settings = SettingsField(required=False)


class RoomsQuery(serializers.Serializer[Any]):
    """The caller's own rooms, or with `open` the rooms they may join."""

    open = serializers.BooleanField(default=False)


@extend_schema_serializer(examples=[OpenApiExample("Bob", value={"user_id": 43})])
class MemberInput(Input):
    user_id = WholeNumber(min_value=1)


@extend_schema_serializer(examples=[OpenApiExample("A moderator", value={"role": "moderator"})])
class RoleInput(Input):
    role = serializers.ChoiceField(
        choices=[str(role) for role in Role], help_text="`owner` transfers ownership."
    )


class HistoryQuery(serializers.Serializer[Any]):
    """A page of the history; `before` and `after` are message ids."""

    before = WholeNumber(min_value=0, required=False)
    after = WholeNumber(min_value=0, required=False)
    limit = WholeNumber(min_value=1, default=limits.HISTORY_ROWS)

    def validate_limit(self, value: int) -> int:
        return min(value, limits.MAX_HISTORY_ROWS)


class MessageInput(Input):
    """A message to post. Whitespace is kept."""

    content = VisibleCharField(max_length=limits.CONTENT_CHARS, trim_whitespace=False)
    client_id = serializers.CharField(
        max_length=limits.CLIENT_ID_CHARS,
        trim_whitespace=False,
        allow_null=True,
        required=False,
        help_text="The client's own id for the message: a resend with it stores nothing.",
    )
    reply_to = WholeNumber(
        min_value=1, allow_null=True, required=False, help_text="A message of the same room."
    )


@extend_schema_serializer(
    examples=[OpenApiExample("A correction", value={"content": "At four, not at three"})]
)
class EditInput(Input):
    """The new content of a message."""

    content = VisibleCharField(max_length=limits.CONTENT_CHARS, trim_whitespace=False)


class LegacyRoomQuery(serializers.Serializer[Any]):
    """The room's id, where the path has none."""

    chat_room_id = WholeNumber()


class LegacyHistoryQuery(HistoryQuery):
    chat_room_id = WholeNumber()


# Generated clients have a type of this name.
@extend_schema_serializer(component_name="FlatMessageInput")
class LegacyMessageInput(MessageInput):
    chat_room_id = WholeNumber(help_text="Here or in the query.")


@extend_schema_serializer(examples=[OpenApiExample("Up to there", value={"offset": 17})])
class ReadInput(Input):
    offset = WholeNumber(min_value=0, help_text="An offset of the room's topic.")


@extend_schema_serializer(examples=[OpenApiExample("Go", value={"action": "start"})])
class TimerInput(Input):
    action = serializers.ChoiceField(choices=[str(action) for action in Action])


class MessageOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    room_id = serializers.IntegerField()
    user_id = serializers.IntegerField(
        allow_null=True, help_text="null once the account is deleted."
    )
    username = serializers.CharField()
    content = serializers.CharField(help_text="Plain text; empty once deleted.")
    client_id = serializers.CharField(allow_null=True)
    reply_to = serializers.IntegerField(allow_null=True)
    mentions = serializers.ListField(child=serializers.IntegerField())
    offset = serializers.IntegerField(help_text="Offset of its event in the room's topic.")
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)


class HistoryOutput(serializers.Serializer[Any]):
    results = MessageOutput(many=True)
    next = serializers.URLField(allow_null=True, help_text="The next, newer page.")
    previous = serializers.URLField(allow_null=True, help_text="The previous, older page.")


class RoomOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField(help_text="In a direct room, the other member's name.")
    kind = serializers.ChoiceField(choices=[str(kind) for kind in Kind])
    open = serializers.BooleanField()
    settings = SettingsField()
    role = serializers.ChoiceField(
        choices=[str(role) for role in Role], allow_null=True, help_text="null until joined."
    )
    members_count = serializers.IntegerField()
    unread_count = serializers.IntegerField(help_text="Others' messages after the caller's cursor.")
    last_message = MessageOutput(allow_null=True)
    head = serializers.IntegerField(help_text="The newest offset of the room's topic.")
    created_at = serializers.DateTimeField()


class MemberOutput(serializers.Serializer[Any]):
    user_id = serializers.IntegerField()
    username = serializers.CharField()
    role = serializers.ChoiceField(choices=[str(role) for role in Role])


class ReadOutput(serializers.Serializer[Any]):
    user_id = serializers.IntegerField()
    offset = serializers.IntegerField(help_text="The caller's read cursor.")


class TimerOutput(serializers.Serializer[Any]):
    phase = serializers.ChoiceField(choices=[str(phase) for phase in Phase])
    status = serializers.ChoiceField(choices=[str(status) for status in Status])
    duration_s = serializers.IntegerField(help_text="Length of the whole phase.")
    ends_at = serializers.DateTimeField(allow_null=True, help_text="null unless the timer runs.")
    remaining_s = serializers.FloatField()
    server_time = serializers.DateTimeField(help_text="When `remaining_s` was computed.")
