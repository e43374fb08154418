"""Asks and regenerates: all checks and writes happen before any model is called."""

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from api.errors import ApiError, Code
from chat.assistant import conversations, events, payload, selectors
from chat.assistant.answers.supervisor import supervisor
from chat.assistant.models import Conversation, Role, Status, Turn
from chat.conf import conf
from realtime import Topic, publish, unit_of_work

# Seconds after which a user with too many concurrent answers may retry.
RETRY_AFTER_S = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer that is about to be written."""

    topic: Topic
    conversation_id: int
    answer_id: int


def ask(*, user_id: int, message: str, conversation_id: int | None = None) -> Asked:
    """Store a question and start its answer, in a new conversation if none is given.

    Raises `ApiError`: INVALID for an empty question; TOO_LONG; BUSY if the user has too many
    concurrent answers; NOT_FOUND for a conversation that is not the user's.
    """
    if len(message) > conf().question_chars:
        most = conf().question_chars
        raise ApiError("TOO_LONG", f"A question has at most {most} characters", 413)
    text = conversations.refuse_bad_text("message", message, conf().question_chars)
    with unit_of_work():
        _refuse_busy(user_id)
        now = timezone.now()
        if conversation_id is None:
            conversation = Conversation.objects.create(
                user_id=user_id,
                title=conversations.title_of(text),
                created_at=now,
                updated_at=now,
            )
        else:
            conversation = conversations.lock_conversation(
                user_id=user_id, conversation_id=conversation_id
            )
            Conversation.objects.filter(pk=conversation.pk).update(updated_at=now)
        question = Turn.objects.create(
            conversation=conversation,
            role=str(Role.USER),
            content=text,
            chars=len(text),
            status=str(Status.COMPLETE),
            created_at=now,
            ended_at=now,
        )
        return _start_answer(conversation, question)


def regenerate(*, user_id: int, message_id: int) -> Asked:
    """Start another answer to a question, in addition to the existing one.

    Raises `ApiError`: as `ask` does; CONFLICT while the answer is still being written.
    """
    with unit_of_work():
        _refuse_busy(user_id)
        row = selectors.answer(user_id=user_id, message_id=message_id)
        conversation = conversations.lock_conversation(
            user_id=user_id, conversation_id=row.conversation_id
        )
        if row.status == Status.STREAMING:
            raise ApiError(Code.CONFLICT, "This answer is still being written")
        question = Turn.objects.get(answers=row)
        Conversation.objects.filter(pk=conversation.pk).update(updated_at=timezone.now())
        return _start_answer(conversation, question)


def _refuse_busy(user_id: int) -> None:
    # The lock serializes the user's questions, so the next one counts this answer too.
    get_user_model().objects.select_for_update(no_key=True).get(pk=user_id)
    running = selectors.answers(user_id).filter(status=str(Status.STREAMING)).count()
    if running >= conf().answers_per_user:
        message = f"{running} answers are being written already; wait for one, or stop it"
        raise ApiError("BUSY", message, 429, retry_after=RETRY_AFTER_S)


def _start_answer(conversation: Conversation, question: Turn) -> Asked:
    answer = Turn.objects.create(
        conversation=conversation,
        role=str(Role.ASSISTANT),
        question=question,
        status=str(Status.STREAMING),
        worker=supervisor.worker_name(),
        created_at=timezone.now(),
    )
    started = events.start(str(conversation.pk), str(answer.pk))
    data = {**started.log_data(), "question": payload.message(question)}
    publish(conversation.topic, started.type, data)
    answer_id = answer.pk

    def start() -> None:
        supervisor.start_answer(answer_id)

    transaction.on_commit(start, robust=True)
    return Asked(conversation.topic, conversation.pk, answer_id)
