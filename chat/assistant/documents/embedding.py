"""Computes the vectors of passages, as a periodic task of every instance, document by document."""

from datetime import timedelta

from django.db.models import Q

from chat.assistant.documents.models import Chunk, Document
from chat.assistant.retrieval import embeddings
from realtime import database_now

EVERY_S = 2.0
# How long a claim lasts: longer than a batch takes on a slow machine. A crashed instance blocks its
# document for this time.
CLAIM = timedelta(seconds=60)


def embed_pending() -> int:
    """Compute vectors until no passage is without one; return the number of vectors.

    Safe in concurrent instances: each claims a document, and computing a vector twice is harmless.
    """
    made = 0
    while (document := _claim()) is not None:
        made += _embed(document)
    return made


def _claim() -> Document | None:
    now = database_now()
    free = Q(embedding_until=None) | Q(embedding_until__lt=now)
    waiting = Document.objects.filter(free).exclude(embedded_with=embeddings.MODEL)
    for document in waiting.order_by("pk").defer("text")[:10]:
        # Only one of several instances that see it updates the row.
        if waiting.filter(pk=document.pk).update(embedding_until=now + CLAIM):
            return document
    return None


def _embed(document: Document) -> int:
    made = 0
    # Remove the vectors of another model.
    if document.embedded_with:
        Chunk.objects.filter(document=document).update(vector=None)
        Document.objects.filter(pk=document.pk).update(embedded_with="")
    while rows := list(
        Chunk.objects.filter(document=document, vector=None).order_by("number")[: embeddings.BATCH]
    ):
        vectors = embeddings.embed([f"{document.title}. {row.place}\n{row.text}" for row in rows])
        for row, vector in zip(rows, vectors, strict=True):
            row.vector = vector.astype("float16").tobytes()
        # Does not recreate rows that were deleted meanwhile.
        Chunk.objects.bulk_update(rows, ["vector"])
        made += len(rows)
        Document.objects.filter(pk=document.pk).update(embedding_until=database_now() + CLAIM)
    # If the passages were recomputed meanwhile, the next run starts again.
    done = Document.objects.filter(pk=document.pk, revision=document.revision)
    done.update(embedded_with=embeddings.MODEL, embedding_until=None)
    Document.objects.filter(pk=document.pk).update(embedding_until=None)
    return made
