"""The tables of conversations with the assistant. Unlike the log, they are never trimmed.

Locks are taken in this order: the user, the conversation, its turns by id, the topic's head.

While an answer is `streaming`, the worker that writes it owns it. The transaction that ends the
answer also clears its `worker`, so anything that the worker still has pending is discarded.
"""

from enum import StrEnum
from typing import Any

import orjson
from django.conf import settings
from django.db import models
from django.db.models import Q

from chat.assistant import limits
from realtime import Topic

TOPIC_KIND = "conversations"


class Role(StrEnum):
    """`role` of a message."""

    USER = "user"
    ASSISTANT = "assistant"


class Status(StrEnum):
    """`status` of an answer; a question is `complete`."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


def topic_of(conversation_id: int) -> Topic:
    """The conversation's topic."""
    return Topic(f"{TOPIC_KIND}/{conversation_id}")


def _choices(names: type[StrEnum]) -> list[tuple[str, str]]:
    return [(str(name), str(name)) for name in names]


ROLES = _choices(Role)


class Conversation(models.Model):
    """A conversation of one user; its row is the lock on the order of its turns."""

    # No index of its own: the list's index begins with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations", db_index=False
    )
    title = models.CharField(max_length=limits.TITLE_CHARS)
    created_at = models.DateTimeField()
    # The last question or renaming.
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "updated_at", "id"], name="chat_conversation_mine")]

    def __str__(self) -> str:
        return f"conversation {self.pk}"

    @property
    def topic(self) -> Topic:
        """The topic of its events."""
        return topic_of(self.pk)


class Turn(models.Model):
    """A message of a conversation: a question, or one of the answers to it."""

    # No index of its own: the history's index begins with it.
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="turns", db_index=False
    )
    role = models.CharField(max_length=limits.WORD_CHARS, choices=ROLES)
    # The question that an answer belongs to.
    question = models.ForeignKey("self", models.CASCADE, null=True, related_name="answers")
    content = models.TextField(blank=True)
    # The length of the content in code points; the next chunk starts there.
    chars = models.PositiveIntegerField(default=0)
    # JSON list of the sources as clients see them.
    sources_json = models.TextField(default="[]")
    status = models.CharField(max_length=limits.WORD_CHARS, choices=_choices(Status))
    # Error code of a failed or interrupted answer; "" otherwise.
    code = models.CharField(max_length=limits.CODE_CHARS, blank=True)
    fault = models.CharField(max_length=limits.FAULT_CHARS, blank=True)
    # Name of the worker that writes it; "" once it has ended.
    worker = models.CharField(max_length=limits.WORKER_CHARS, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # Model and tokens used; None where unknown. "" is the embedded generator.
    model = models.CharField(max_length=limits.MODEL_CHARS, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True)
    completion_tokens = models.PositiveIntegerField(null=True)
    # The user's feedback, on a scale of the client's choice.
    rating = models.CharField(max_length=limits.RATING_CHARS, blank=True)
    comment = models.CharField(max_length=limits.COMMENT_CHARS, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "id"], name="chat_turn_history"),
            models.Index(
                fields=["worker"],
                condition=Q(status=str(Status.STREAMING)),
                name="chat_turn_streaming",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.pk} in conversation {self.conversation_id}"

    @property
    def sources(self) -> list[dict[str, Any]]:
        """The sources of the answer."""
        found: list[dict[str, Any]] = orjson.loads(self.sources_json)
        return found


class Worker(models.Model):
    """A process that writes answers. `seen_at` is by the database's clock, the same for all."""

    name = models.CharField(primary_key=True, max_length=limits.WORKER_CHARS)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class AnswerFigures(Turn):
    """Proxy of answers for the admin's statistics page."""

    class Meta:
        proxy = True
        verbose_name_plural = "answer figures"


class Consent(models.Model):
    """The user's consent that the assistant reads their own notifications and jobs."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    given_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"consent of user {self.user_id}"
