"""Renames and deletes conversations, and stores feedback on answers."""

from typing import Any

from django.utils import timezone

from api.errors import ApiError, Code, invalid
from chat.assistant import limits, selectors
from chat.assistant.models import Conversation, Status, Turn
from realtime import event_log, publish, unit_of_work
from text import graphemes
from text.storable import has_lone_surrogate, has_nul
from text.visible import NOTHING_VISIBLE, is_visible


def lock_conversation(*, user_id: int, conversation_id: int) -> Conversation:
    """One of the user's conversations, locked until the commit. Raises `ApiError` NOT_FOUND."""
    rows = Conversation.objects.select_for_update(no_key=True)
    row = rows.filter(pk=conversation_id, user=user_id).first()
    if row is None:
        raise selectors.not_found()
    return row


def rename_conversation(*, user_id: int, conversation_id: int, title: str) -> Conversation:
    """Change a conversation's title. Raises `ApiError` NOT_FOUND."""
    with unit_of_work():
        row = lock_conversation(user_id=user_id, conversation_id=conversation_id)
        row.title, row.updated_at = title, timezone.now()
        row.save(update_fields=["title", "updated_at"])
        fields = {"conversation_id": str(row.pk), "title": title}
        publish(row.topic, "conversation.renamed", fields)
        return row


def delete_conversation(*, user_id: int, conversation_id: int) -> None:
    """Delete a conversation with all its messages and its log.

    The rest of an answer that is being written is discarded. Raises `ApiError` NOT_FOUND.
    """
    with unit_of_work():
        row = lock_conversation(user_id=user_id, conversation_id=conversation_id)
        topic, name = row.topic, str(row.pk)
        turns = Turn.objects.filter(conversation=row).order_by("id").select_for_update()
        list(turns.values_list("pk", flat=True))
        row.delete()
        event_log.erase(topic)
        publish(topic, "conversation.deleted", {"conversation_id": name})


def save_feedback(*, user_id: int, message_id: int, rating: str, comment: str) -> Turn:
    """Store the user's feedback on an answer, in place of any earlier one.

    Raises `ApiError`: NOT_FOUND; CONFLICT while the answer is being written.
    """
    row = selectors.answer(user_id=user_id, message_id=message_id)
    if row.status == Status.STREAMING:
        raise ApiError(Code.CONFLICT, "This answer is still being written")
    row.rating, row.comment = rating, comment
    row.save(update_fields=["rating", "comment"])
    return row


def title_of(question: str) -> str:
    """The title of a conversation: its first question, cut at the end of a word."""
    text = " ".join(question.split())
    if len(text) <= limits.TITLE_MADE_CHARS:
        return text
    cut = graphemes.cut(text, limits.TITLE_MADE_CHARS)
    words = cut.rpartition(" ")[0]
    # A text without spaces, or with one very long word, is cut anywhere.
    return (words if len(words) > len(cut) // 2 else cut) + "…"


def refuse_bad_text(field: str, value: Any, most: int) -> str:
    """The text, stripped. Raises `ApiError` INVALID if invisible, too long or not storable."""
    if not isinstance(value, str):
        raise invalid({field: ["Expected a string."]})
    text = value.strip()
    if not is_visible(text):
        raise invalid({field: [NOTHING_VISIBLE]})
    if len(text) > most:
        raise invalid({field: [f"Expected at most {most} characters, got {len(text)}."]})
    if has_nul(text):
        raise invalid({field: ["Text must not contain NUL characters."]})
    if has_lone_surrogate(text):
        raise invalid({field: ["Text must not contain lone surrogates."]})
    return text
