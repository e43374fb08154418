"""Renaming and deleting conversations, and what users think of answers."""

from typing import Any

from django.utils import timezone

from api.errors import ApiError, Code, invalid
from chat.assistant import limits, selectors
from chat.assistant.models import Conversation, Status, Turn
from realtime import event_log, publish, unit_of_work
from text import graphemes
from text.visible import NOTHING_VISIBLE, is_visible


def hold(*, user_id: int, conversation_id: int) -> Conversation:
    """One of the user's, locked until the transaction ends. Raises `ApiError` NOT_FOUND."""
    rows = Conversation.objects.select_for_update(no_key=True)
    row = rows.filter(pk=conversation_id, user=user_id).first()
    if row is None:
        raise selectors.not_found()
    return row


def rename(*, user_id: int, conversation_id: int, title: str) -> Conversation:
    """Give a conversation another title. Raises `ApiError` NOT_FOUND."""
    with unit_of_work():
        row = hold(user_id=user_id, conversation_id=conversation_id)
        row.title, row.updated_at = title, timezone.now()
        row.save(update_fields=["title", "updated_at"])
        fields = {"conversation_id": str(row.pk), "title": title}
        publish(row.topic, "conversation.renamed", fields)
        return row


def delete(*, user_id: int, conversation_id: int) -> None:
    """Delete a conversation with all that was said in it, from the log too.

    An answer that is being written has no place to be written to any more. Raises `ApiError`
    NOT_FOUND.
    """
    with unit_of_work():
        row = hold(user_id=user_id, conversation_id=conversation_id)
        topic, name = row.topic, str(row.pk)
        turns = Turn.objects.filter(conversation=row).order_by("id").select_for_update()
        list(turns.values_list("pk", flat=True))
        row.delete()
        event_log.erase(topic)
        publish(topic, "conversation.deleted", {"conversation_id": name})


def give_feedback(*, user_id: int, message_id: int, rating: str, comment: str) -> Turn:
    """Say what an answer was worth; the last word counts.

    Raises `ApiError`: NOT_FOUND, CONFLICT while it is being written.
    """
    row = selectors.answer(user_id=user_id, message_id=message_id)
    if row.status == Status.STREAMING:
        raise ApiError(Code.CONFLICT, "This answer is still being written")
    row.rating, row.comment = rating, comment
    row.save(update_fields=["rating", "comment"])
    return row


def title_of(question: str) -> str:
    """A conversation's title, made from its first question: the beginning, to a word's end."""
    text = " ".join(question.split())
    if len(text) <= limits.TITLE_MADE_CHARS:
        return text
    cut = graphemes.cut(text, limits.TITLE_MADE_CHARS)
    words = cut.rpartition(" ")[0]
    # Of a text without spaces, or with one long word, as much as there is room for.
    return (words if len(words) > len(cut) // 2 else cut) + "…"


def refuse_bad_text(field: str, value: Any, most: int) -> str:
    """The text, stripped. Raises `ApiError` INVALID for what shows nothing, or cannot be stored."""
    if not isinstance(value, str):
        raise invalid({field: ["Expected a string."]})
    text = value.strip()
    if not is_visible(text):
        raise invalid({field: [NOTHING_VISIBLE]})
    if len(text) > most:
        raise invalid({field: [f"Expected at most {most} characters, got {len(text)}."]})
    if "\0" in text:
        raise invalid({field: ["Text must not contain NUL characters."]})
    # Half of a surrogate pair: no encoding and no database takes it.
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise invalid({field: ["Text must not contain lone surrogates."]})
    return text
