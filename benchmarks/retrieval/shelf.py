"""The corpus in a database, and the quality of a search in it. Django must be set up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.retrieval import DOCUMENTS, Question, questions
from chat.assistant.documents import services
from chat.assistant.documents.formats import detect_format
from chat.assistant.documents.intake import new_document
from chat.assistant.documents.models import Chunk

# Returns ids of passages for a question, the best first.
Search = Callable[[str], Sequence[int]]
AT = 5


@dataclass(frozen=True, slots=True)
class Quality:
    """Share of questions whose passage is among the first five, and its mean 1/rank."""

    recall: float
    mrr: float


def fill() -> None:
    """Add every document to the database."""
    for file in sorted(DOCUMENTS.iterdir()):
        data = file.read_bytes()
        kind = detect_format(name=file.name, content_type="", data=data)
        new = new_document(data, kind, name=file.name, key=file.name)
        services.add_document(added_by="service:benchmark", new=new)


def right_passages() -> dict[Question, frozenset[int]]:
    """Return the ids of the passages that answer each question; none if no document does."""
    passages = dict(Chunk.objects.values_list("pk", "text"))
    return {
        question: frozenset(
            pk for pk, text in passages.items() if question.passage and question.passage in text
        )
        for question in questions()
    }


def quality(search: Search, language: str) -> Quality:
    """Return how well a search finds the passages of the questions in a language."""
    answers = {
        question: right
        for question, right in right_passages().items()
        if question.language == language and question.document
    }
    found = [_rank(search(question.text), right) for question, right in answers.items()]
    return Quality(
        recall=sum(0 < rank <= AT for rank in found) / len(found),
        mrr=sum(1 / rank for rank in found if rank) / len(found),
    )


def _rank(ranking: Sequence[int], right: frozenset[int]) -> int:
    return next((rank for rank, pk in enumerate(ranking, start=1) if pk in right), 0)
