"""The built-in source of passages: documents, by words and, if installed, by meaning."""

from collections.abc import Sequence
from dataclasses import dataclass

from chat.assistant.documents.models import Chunk
from chat.assistant.retrieval import embeddings, full_text
from chat.assistant.retrieval.fusion import fuse
from chat.assistant.retrieval.passages import Passage
from chat.assistant.retrieval.snippets import snippet
from chat.assistant.retrieval.vectors import vectors

URL = "/api/v1/chat/documents/{id}"
# Passages of each ranking that enter the fusion.
RANKED = 50
# Weight of the ranking by meaning: in a known language, embeddings find more than words do.
MEANING_WEIGHT = 2.0
# Minimum share of the question in a known script; below it, embeddings are not used.
MIN_KNOWN_SHARE = 0.3
# No unrelated passage reached a cosine of 0.25, so that is the threshold of `CONFIDENT`.
CONFIDENCE_PER_COSINE = 2.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage, and the confidence, from 0 to 1, that it answers."""

    chunk_id: int
    confidence: float


def search(*, user_id: int, question: str, limit: int) -> list[Passage]:
    """The best passages for the question, of documents that the user may read."""
    found = rank(user_id=user_id, question=question, limit=limit)
    rows = Chunk.objects.select_related("document").defer("words", "vector", "document__text")
    chunks = rows.in_bulk([each.chunk_id for each in found])
    return [
        Passage(
            document_id=str(chunk.document_id),
            title=chunk.document.title,
            place=_place(chunk),
            snippet=snippet(chunk.text, question),
            text=chunk.text,
            score=round(each.confidence, 4),
            url=URL.format(id=chunk.document_id),
        )
        for each in found
        # The passage may have been deleted meanwhile.
        if (chunk := chunks.get(each.chunk_id)) is not None
    ]


def rank(*, user_id: int, question: str, limit: int) -> list[Ranked]:
    """The passages ranked by words and by meaning, best first."""
    by_words = [
        Ranked(match.chunk_id, match.confidence)
        for match in full_text.search(user_id=user_id, question=question, limit=RANKED)
    ]
    known = embeddings.known_share(question)
    by_meaning = []
    if known >= MIN_KNOWN_SHARE and embeddings.available():
        by_meaning = [
            Ranked(near.chunk_id, min(1.0, max(0.0, near.cosine) * CONFIDENCE_PER_COSINE * known))
            for near in vectors.search(user_id=user_id, question=question, limit=RANKED)
        ]
    rankings = ((1.0, by_words), (MEANING_WEIGHT * known, by_meaning))
    # Each ranking is weighted by the confidence of its best passage.
    fused = fuse(
        (weight * _max_confidence(found), [each.chunk_id for each in found])
        for weight, found in rankings
    )[:limit]
    if not fused:
        return []
    # The first passage gets the highest confidence found; the others in proportion to the fusion.
    first = {chunk_id for chunk_id, _ in fused}
    top = _max_confidence([each for each in by_words + by_meaning if each.chunk_id in first])
    worth = fused[0][1] or 1.0
    return [Ranked(chunk_id, top * value / worth) for chunk_id, value in fused]


def _max_confidence(found: Sequence[Ranked]) -> float:
    return max((each.confidence for each in found), default=0.0)


def _place(chunk: Chunk) -> str:
    page = f"p. {chunk.page}" if chunk.page else ""
    return " · ".join(part for part in (chunk.place, page) if part)
