"""Reading conversations: one's own, and nobody else's."""

from django.db.models import QuerySet

from api.errors import ApiError, Code
from chat.assistant import limits
from chat.assistant.models import Conversation, Role, Status, Turn


def parse_id(text: str) -> int:
    """The number in an id as clients have it. Raises `ApiError` NOT_FOUND."""
    # `07` would be a second name of the same.
    if text.isascii() and text.isdecimal() and len(text) <= limits.ID_DIGITS:
        number = int(text)
        if str(number) == text and number <= limits.LARGEST_ID:
            return number
    raise not_found()


def not_found() -> ApiError:
    """Said alike of what is not there and of what is another's."""
    return ApiError(Code.NOT_FOUND, "Not found")


def conversations(user_id: int) -> QuerySet[Conversation]:
    """The user's, the one that was used last first."""
    return Conversation.objects.filter(user=user_id).order_by("-updated_at", "-id")


def conversation(*, user_id: int, conversation_id: int) -> Conversation:
    """One of the user's. Raises `ApiError` NOT_FOUND."""
    row = Conversation.objects.filter(pk=conversation_id, user=user_id).first()
    if row is None:
        raise not_found()
    return row


def turns(conversation_id: int) -> QuerySet[Turn]:
    """All that was said, in its order."""
    return Turn.objects.filter(conversation=conversation_id).order_by("id")


def streaming(conversation_id: int) -> QuerySet[Turn]:
    """The answers that are being written."""
    return turns(conversation_id).filter(status=str(Status.STREAMING))


def answer(*, user_id: int, message_id: int) -> Turn:
    """An answer in one of the user's conversations. Raises `ApiError` NOT_FOUND."""
    row = answers(user_id).filter(pk=message_id).first()
    if row is None:
        raise not_found()
    return row


def answers(user_id: int) -> QuerySet[Turn]:
    """All that the user was ever answered."""
    return Turn.objects.filter(conversation__user=user_id, role=str(Role.ASSISTANT))
