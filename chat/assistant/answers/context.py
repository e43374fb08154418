"""What an answer is made from: the question, what was said before, and what the documents say."""

from chat.assistant import limits
from chat.assistant.generators.base import Exchange, GenerationContext
from chat.assistant.generators.small_talk import is_small_talk
from chat.assistant.models import Role, Status, Turn
from chat.assistant.retrieval import Passage, is_confident, retrieve

# Exchanges that are looked at; how many a model is sent, tokens decide.
HISTORY = 50
# Whose text a model may be told that it has said.
_SAID = (str(Status.COMPLETE), str(Status.STOPPED))


def context_of(answer_id: int) -> GenerationContext | None:
    """All that the answer is made from; None if it was deleted meanwhile."""
    rows = Turn.objects.select_related("question", "conversation")
    row = rows.filter(pk=answer_id).first()
    if row is None or row.question is None:
        return None
    question = row.question.content
    history = _history(row.conversation_id, row.question.pk)
    passages = _found(row.conversation.user_id, question, history)
    return GenerationContext(question, passages, history, is_small_talk(question))


def _found(user_id: int, question: str, history: list[Exchange]) -> list[Passage]:
    """The passages, none where they cannot be taken for an answer.

    What goes back to the question before ("and in winter?") finds nothing alone.
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
    """The exchanges before a question, each with the newest answer that has something to say."""
    answers = Turn.objects.filter(
        conversation=conversation_id,
        role=str(Role.ASSISTANT),
        question_id__lt=before,
        status__in=_SAID,
        chars__gt=0,
    )
    newest: dict[int, Exchange] = {}
    for row in answers.select_related("question").order_by("-question_id", "-id")[:HISTORY]:
        if row.question is not None:
            newest.setdefault(row.question.pk, Exchange(row.question.content, row.content))
    return [newest[key] for key in sorted(newest)]
