"""The JSON shape of a document in REST."""

from typing import Any

from chat.assistant.documents.models import Document
from chat.assistant.documents.selectors import Progress
from chat.assistant.retrieval import embeddings

Payload = dict[str, Any]


def document(row: Document, progress: Progress) -> Payload:
    """A document without its text. Prefetch `groups` for lists."""
    return {
        "id": str(row.pk),
        "title": row.title,
        "content_type": row.content_type,
        "charset": row.charset or None,
        "public": row.public,
        "groups": sorted(group.name for group in row.groups.all()),
        "status": "ready" if is_ready(row) else "processing",
        "chunks": progress.chunks,
        "embedded": progress.embedded if embeddings.available() else None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def is_ready(row: Document) -> bool:
    """Whether all vectors are computed. Search by words works before that."""
    return not embeddings.available() or row.embedded_with == embeddings.MODEL
