"""What is kept of conversations with the assistant. The log is trimmed, these tables are not.

Locks are taken in this order: the user, the conversation, its turns by id, the topic's head.

An answer belongs to the worker that writes it for as long as it is `streaming`. Whoever ends it,
takes it from that worker in the same transaction: what the worker still has is written nowhere.
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
    """Whose turn it was."""

    USER = "user"
    ASSISTANT = "assistant"


class Status(StrEnum):
    """What has become of an answer; a question is `complete`."""

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
    """What one user and the assistant have said to each other, and the lock of its order."""

    # The list's index begins with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations", db_index=False
    )
    title = models.CharField(max_length=limits.TITLE_CHARS)
    created_at = models.DateTimeField()
    # When something was asked or it was renamed last.
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "updated_at", "id"], name="chat_conversation_mine")]

    def __str__(self) -> str:
        return f"conversation {self.pk}"

    @property
    def topic(self) -> Topic:
        """Where its events are."""
        return topic_of(self.pk)


class Turn(models.Model):
    """A message of a conversation: a question, or one of the answers to it."""

    # The history's index begins with it.
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="turns", db_index=False
    )
    role = models.CharField(max_length=limits.WORD_CHARS, choices=ROLES)
    # What an answer answers.
    question = models.ForeignKey("self", models.CASCADE, null=True, related_name="answers")
    content = models.TextField(blank=True)
    # The length of the content in code points: where the next chunk belongs.
    chars = models.PositiveIntegerField(default=0)
    # JSON list of the sources as clients are shown them.
    sources_json = models.TextField(default="[]")
    status = models.CharField(max_length=limits.WORD_CHARS, choices=_choices(Status))
    # Why it failed or was interrupted; "" otherwise.
    code = models.CharField(max_length=limits.CODE_CHARS, blank=True)
    fault = models.CharField(max_length=limits.FAULT_CHARS, blank=True)
    # Who writes it; "" once it has ended.
    worker = models.CharField(max_length=limits.WORKER_CHARS, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # What it has cost; None where it is not known. "" is the embedded answerer.
    model = models.CharField(max_length=limits.MODEL_CHARS, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True)
    completion_tokens = models.PositiveIntegerField(null=True)
    # What the user thought of it, on a scale of the client's.
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
        """What the answer was made from."""
        found: list[dict[str, Any]] = orjson.loads(self.sources_json)
        return found


class Worker(models.Model):
    """A process that writes answers. `seen_at` is by the database's clock, the same for all."""

    name = models.CharField(primary_key=True, max_length=limits.WORKER_CHARS)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class AnswerFigures(Turn):
    """The answers, as the admin counts them."""

    class Meta:
        proxy = True
        verbose_name_plural = "answer figures"


class Consent(models.Model):
    """That the assistant may read the user's own notifications and jobs to answer them."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    given_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"consent of user {self.user_id}"
