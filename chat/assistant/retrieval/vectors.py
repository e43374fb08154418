"""Semantic search: all passages' vectors in this process's memory, compared with numpy."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chat.assistant.documents.models import Chunk
from chat.assistant.documents.selectors import readable
from chat.assistant.retrieval import embeddings

# 800 bytes each in the database, 1.6 KB in memory: 160 MB, and 10 ms per question.
MAX_VECTORS = 100_000


@dataclass(frozen=True, slots=True)
class Near:
    """A passage, and the cosine of its vector and the question's."""

    chunk_id: int
    cosine: float


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The vectors, with the document and passage ids of each row. Immutable."""

    revisions: dict[int, int]
    documents: Any
    chunks: Any
    matrix: Any


class Vectors:
    """A cache of the vectors; those of changed documents are read again before a search."""

    def __init__(self) -> None:
        self._loaded: _Loaded | None = None
        self._lock = threading.Lock()

    def search(self, *, user_id: int, question: str, limit: int) -> list[Near]:
        """The passages closest in meaning, of documents that the user may read."""
        import numpy as np  # part of the optional extra

        rows = readable(user_id).filter(embedded_with=embeddings.MODEL)
        wanted = dict(rows.values_list("pk", "revision"))
        if not wanted:
            return []
        loaded = self._refresh(wanted)
        (query,) = embeddings.embed([question])
        cosines = np.where(np.isin(loaded.documents, list(wanted)), loaded.matrix @ query, -np.inf)
        first = np.argsort(-cosines, kind="stable")[:limit]
        return [
            Near(int(loaded.chunks[row]), float(cosines[row]))
            for row in first
            if np.isfinite(cosines[row])
        ]

    def _refresh(self, wanted: dict[int, int]) -> _Loaded:
        with self._lock:
            loaded = self._loaded
            known = loaded.revisions if loaded is not None else {}
            missing = [pk for pk, revision in wanted.items() if known.get(pk) != revision]
            if missing or loaded is None:
                loaded = self._loaded = _merge(loaded, wanted, missing)
            return loaded


def _merge(loaded: _Loaded | None, wanted: dict[int, int], missing: Iterable[int]) -> _Loaded:
    import numpy as np  # part of the optional extra

    missing = list(missing)
    documents, chunks, raw = [], [], bytearray()
    rows = Chunk.objects.filter(document__in=missing, vector__isnull=False).order_by("pk")
    for document_id, chunk_id, vector in rows.values_list("document", "pk", "vector").iterator():
        documents.append(document_id)
        chunks.append(chunk_id)
        raw += vector or b""
    matrix = np.frombuffer(bytes(raw), dtype=np.float16).astype(np.float32)
    fresh = _Loaded(
        {pk: wanted[pk] for pk in missing},
        np.array(documents, dtype=np.int64),
        np.array(chunks, dtype=np.int64),
        matrix.reshape(len(chunks), -1) if chunks else np.zeros((0, 384), dtype=np.float32),
    )
    if loaded is None:
        return fresh
    kept = ~np.isin(loaded.documents, missing)
    return _Loaded(
        {**loaded.revisions, **fresh.revisions},
        np.concatenate([loaded.documents[kept], fresh.documents])[-MAX_VECTORS:],
        np.concatenate([loaded.chunks[kept], fresh.chunks])[-MAX_VECTORS:],
        np.concatenate([loaded.matrix[kept], fresh.matrix])[-MAX_VECTORS:],
    )


vectors = Vectors()
