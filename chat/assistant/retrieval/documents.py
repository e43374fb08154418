"""The source that is always there: the documents, by words and, where it can be, by meaning."""

import logging
from urllib.parse import quote

from chat.assistant.documents.models import Chunk
from chat.assistant.retrieval import embeddings, full_text
from chat.assistant.retrieval.fusion import fuse
from chat.assistant.retrieval.passages import Passage
from chat.assistant.retrieval.snippets import snippet
from chat.assistant.retrieval.vectors import vectors

logger = logging.getLogger(__name__)

URL = "/api/v1/chat/documents/{id}"
# What each ranking brings into the fusion.
RANKED = 50
# Where the model knows the language it finds more than words do.
MEANING = 2.0
# Below it the model reads too little of the question to say anything.
LEAST_KNOWN = 0.3
# A cosine of a quarter is more than any passage has with a question on something else.
SURE_PER_COSINE = 2.0


def search(*, user_id: int, question: str, limit: int) -> list[Passage]:
    """The passages that fit the question best, of documents that the user may read."""
    rankings: list[tuple[float, list[int]]] = []
    sure: dict[int, float] = {}
    matches = full_text.search(user_id=user_id, question=question, limit=RANKED)
    if matches:
        sure.update((match.chunk_id, match.sure) for match in matches)
        best = max(match.sure for match in matches)
        rankings.append((best, [match.chunk_id for match in matches]))
    known = embeddings.known_share(question)
    if known >= LEAST_KNOWN and embeddings.available():
        near = vectors.search(user_id=user_id, question=question, limit=RANKED)
        for each in near:
            by_meaning = min(1.0, max(0.0, each.cosine) * SURE_PER_COSINE * known)
            sure[each.chunk_id] = max(sure.get(each.chunk_id, 0.0), by_meaning)
        if near:
            best = min(1.0, max(0.0, near[0].cosine) * SURE_PER_COSINE)
            rankings.append((MEANING * known**2 * best, [each.chunk_id for each in near]))
    return _passages(fuse(rankings)[:limit], sure, question)


def _passages(
    found: list[tuple[int, float]], sure: dict[int, float], question: str
) -> list[Passage]:
    if not found:
        return []
    rows = Chunk.objects.select_related("document").defer("words", "vector", "document__text")
    chunks = rows.in_bulk([chunk_id for chunk_id, _ in found])
    # The first is as sure as the surest; the others follow as they were ranked.
    surest, worth = max(sure[chunk_id] for chunk_id, _ in found), found[0][1]
    return [
        Passage(
            document_id=str(chunk.document_id),
            title=chunk.document.title,
            place=_place(chunk),
            snippet=snippet(chunk.text, question),
            text=chunk.text,
            score=round(surest * value / worth, 4) if worth else 0.0,
            url=URL.format(id=quote(str(chunk.document_id))),
        )
        for chunk_id, value in found
        # Deleted a moment ago.
        if (chunk := chunks.get(chunk_id)) is not None
    ]


def _place(chunk: Chunk) -> str:
    page = f"p. {chunk.page}" if chunk.page else ""
    return " · ".join(part for part in (chunk.place, page) if part)
