"""Reads conversations, always limited to those of one user."""

from django.db.models import QuerySet

from api.errors import ApiError, Code
from api.limits import MAX_ID, MAX_ID_DIGITS
from chat.assistant.models import Conversation, Role, Status, Turn


def parse_id(text: str) -> int:
    """Parse an id sent by a client. Raises `ApiError` NOT_FOUND."""
    # Only the canonical form: `07` would be a second name of 7.
    if text.isascii() and text.isdecimal() and len(text) <= MAX_ID_DIGITS:
        number = int(text)
        if str(number) == text and number <= MAX_ID:
            return number
    raise not_found()


def not_found() -> ApiError:
    """The same error for rows that do not exist and for those of other users."""
    return ApiError(Code.NOT_FOUND, "Not found")


def conversations(user_id: int) -> QuerySet[Conversation]:
    """The user's conversations, most recently used first."""
    return Conversation.objects.filter(user=user_id).order_by("-updated_at", "-id")


def conversation(*, user_id: int, conversation_id: int) -> Conversation:
    """One of the user's conversations. Raises `ApiError` NOT_FOUND."""
    row = Conversation.objects.filter(pk=conversation_id, user=user_id).first()
    if row is None:
        raise not_found()
    return row


def turns(conversation_id: int) -> QuerySet[Turn]:
    """All turns of a conversation, in order."""
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
    """All answers in the user's conversations."""
    return Turn.objects.filter(conversation__user=user_id, role=str(Role.ASSISTANT))
