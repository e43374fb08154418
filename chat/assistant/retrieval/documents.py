"""The source that is always there: the documents, by words and, where it can be, by meaning."""

from collections.abc import Sequence
from dataclasses import dataclass

from chat.assistant.documents.models import Chunk
from chat.assistant.retrieval import embeddings, full_text
from chat.assistant.retrieval.fusion import fuse
from chat.assistant.retrieval.passages import Passage
from chat.assistant.retrieval.snippets import snippet
from chat.assistant.retrieval.vectors import vectors

URL = "/api/v1/chat/documents/{id}"
# What each ranking brings into the fusion.
RANKED = 50
# Where the model knows the language it finds more than words do.
MEANING = 2.0
# Below it the model reads too little of the question to say anything.
LEAST_KNOWN = 0.3
# A cosine of a quarter is more than any passage has with a question on something else.
SURE_PER_COSINE = 2.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage, and how sure it is, from 0 to 1, that it answers."""

    chunk_id: int
    sure: float


def search(*, user_id: int, question: str, limit: int) -> list[Passage]:
    """The passages that fit the question best, of documents that the user may read."""
    found = ranked(user_id=user_id, question=question, limit=limit)
    rows = Chunk.objects.select_related("document").defer("words", "vector", "document__text")
    chunks = rows.in_bulk([each.chunk_id for each in found])
    return [
        Passage(
            document_id=str(chunk.document_id),
            title=chunk.document.title,
            place=_place(chunk),
            snippet=snippet(chunk.text, question),
            text=chunk.text,
            score=round(each.sure, 4),
            url=URL.format(id=chunk.document_id),
        )
        for each in found
        # Deleted a moment ago.
        if (chunk := chunks.get(each.chunk_id)) is not None
    ]


def ranked(*, user_id: int, question: str, limit: int) -> list[Ranked]:
    """The passages by both ways, the best first."""
    by_words = [
        Ranked(match.chunk_id, match.sure)
        for match in full_text.search(user_id=user_id, question=question, limit=RANKED)
    ]
    known = embeddings.known_share(question)
    by_meaning = []
    if known >= LEAST_KNOWN and embeddings.available():
        by_meaning = [
            Ranked(near.chunk_id, min(1.0, max(0.0, near.cosine) * SURE_PER_COSINE * known))
            for near in vectors.search(user_id=user_id, question=question, limit=RANKED)
        ]
    ways = ((1.0, by_words), (MEANING * known, by_meaning))
    # Each way counts by how sure it is of the best that it has found.
    fused = fuse(
        (weight * _surest(found), [each.chunk_id for each in found]) for weight, found in ways
    )[:limit]
    if not fused:
        return []
    # The first is as sure as the surest of them; the others follow as they were ranked.
    first = {chunk_id for chunk_id, _ in fused}
    top = _surest([each for each in by_words + by_meaning if each.chunk_id in first])
    worth = fused[0][1] or 1.0
    return [Ranked(chunk_id, top * value / worth) for chunk_id, value in fused]


def _surest(found: Sequence[Ranked]) -> float:
    return max((each.sure for each in found), default=0.0)


def _place(chunk: Chunk) -> str:
    page = f"p. {chunk.page}" if chunk.page else ""
    return " · ".join(part for part in (chunk.place, page) if part)
