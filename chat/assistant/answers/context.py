"""Collects the context of an answer: the question, the history, and retrieved passages."""

from chat.assistant import limits
from chat.assistant.generators.base import Exchange, GenerationContext
from chat.assistant.generators.small_talk import is_small_talk
from chat.assistant.models import Role, Status, Turn
from chat.assistant.retrieval import Passage, is_confident, retrieve

# Exchanges that are read. The token budget decides how many of them a model is sent.
HISTORY = 50
# Statuses of answers that are part of the history.
_ANSWERED = (str(Status.COMPLETE), str(Status.STOPPED))


def context_of(answer_id: int) -> GenerationContext | None:
    """The context of an answer; None if the answer was deleted."""
    rows = Turn.objects.select_related("question", "conversation")
    row = rows.filter(pk=answer_id).first()
    if row is None or row.question is None:
        return None
    question = row.question.content
    history = _history(row.conversation_id, row.question.pk)
    passages = _retrieve(row.conversation.user_id, question, history)
    return GenerationContext(question, passages, history, is_small_talk(question))


def _retrieve(user_id: int, question: str, history: list[Exchange]) -> list[Passage]:
    """The passages found, or none if they are not relevant enough.

    A follow-up question ("and in winter?") finds nothing alone, so it is tried again together with
    the previous question.
    """
    passages = retrieve(user_id=user_id, question=question, limit=limits.PASSAGES)
    if is_confident(passages):
        return passages
    if history:
        both = f"{history[-1].question}\n{question}"
        passages = retrieve(user_id=user_id, question=both, limit=limits.PASSAGES)
        if is_confident(passages):
            return passages
    return []


def _history(conversation_id: int, before: int) -> list[Exchange]:
    """The exchanges before a question, each with its newest non-empty answer."""
    answers = Turn.objects.filter(
        conversation=conversation_id,
        role=str(Role.ASSISTANT),
        question_id__lt=before,
        status__in=_ANSWERED,
        chars__gt=0,
    )
    newest: dict[int, Exchange] = {}
    for row in answers.select_related("question").order_by("-question_id", "-id")[:HISTORY]:
        if row.question is not None:
            newest.setdefault(row.question.pk, Exchange(row.question.content, row.content))
    return [newest[key] for key in sorted(newest)]
