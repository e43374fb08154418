"""Input shapes of docs/contract.md §8, output shapes (chat/assistant/payload.py) for OpenAPI."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from typing_extensions import override

from api.fields import VisibleCharField
from api.inputs import Input
from chat.assistant import limits
from chat.assistant.models import ROLES, Status


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "enum": ["up", "down"]},
            {"type": "integer", "minimum": -1, "maximum": 5},
        ]
    }
)
class RatingField(serializers.Field[Any, Any, Any, Any]):
    """`up`, `down`, or an integer from -1 to 5; the client chooses the scale."""

    WORDS = ("up", "down")
    NUMBERS = range(-1, 6)

    @override
    def to_internal_value(self, data: Any) -> str:
        if data in self.WORDS or (type(data) is int and data in self.NUMBERS):
            return str(data)
        raise serializers.ValidationError("Expected `up`, `down`, or an integer from -1 to 5.")


class AskInput(Input):
    """A question, in a new conversation if none is given."""

    message = VisibleCharField()
    conversation_id = serializers.CharField(required=False, allow_null=True)


class TitleInput(Input):
    title = VisibleCharField(max_length=limits.TITLE_CHARS)


class FeedbackInput(Input):
    rating = RatingField()
    comment = VisibleCharField(
        max_length=limits.COMMENT_CHARS, required=False, allow_blank=True, default=""
    )


class SourceOutput(serializers.Serializer[Any]):
    document_id = serializers.CharField()
    title = serializers.CharField()
    place = serializers.CharField(help_text="The place in the document.")
    snippet = serializers.CharField()
    score = serializers.FloatField()
    url = serializers.CharField(allow_blank=True)


class AnswerErrorOutput(serializers.Serializer[Any]):
    code = serializers.ChoiceField(choices=["MODEL_ERROR", "INTERRUPTED"])
    message = serializers.CharField()


class FeedbackOutput(serializers.Serializer[Any]):
    rating = serializers.CharField()
    comment = serializers.CharField(allow_blank=True)


class ChatMessageOutput(serializers.Serializer[Any]):
    message_id = serializers.CharField()
    role = serializers.ChoiceField(choices=ROLES)
    content = serializers.CharField(allow_blank=True)
    sources = SourceOutput(many=True)
    status = serializers.ChoiceField(choices=[str(status) for status in Status])
    created_at = serializers.DateTimeField()
    answers = serializers.CharField(required=False, help_text="Of an answer: the question's id.")
    last_event_id = serializers.CharField(
        required=False,
        help_text="Of an answer: the id after which its stream continues this content.",
    )
    error = AnswerErrorOutput(required=False, allow_null=True)
    feedback = FeedbackOutput(required=False, allow_null=True)


class AnsweredOutput(serializers.Serializer[Any]):
    conversation_id = serializers.CharField()
    message = ChatMessageOutput()


class ConversationOutput(serializers.Serializer[Any]):
    conversation_id = serializers.CharField()
    title = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class WholeConversationOutput(ConversationOutput):
    messages = ChatMessageOutput(many=True)
