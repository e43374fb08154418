"""Making the vectors of passages: a chore of every instance, a document at a time."""

from datetime import timedelta

from django.db.models import Q

from chat.assistant.documents.models import Chunk, Document
from chat.assistant.retrieval import embeddings
from realtime import database_now

EVERY_S = 2.0
# Longer than a batch takes on a slow machine; an instance that dies holds a document for so long.
CLAIM = timedelta(seconds=60)


def embed_pending() -> int:
    """Give passages their vectors until none is left without. Returns how many it made.

    Safe in all instances at once: each takes another document, and a vector made twice is the same.
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
        # Of several instances that saw it one changes the row.
        if waiting.filter(pk=document.pk).update(embedding_until=now + CLAIM):
            return document
    return None


def _embed(document: Document) -> int:
    made = 0
    # Vectors of another model are no use, and look like ours.
    if document.embedded_with:
        Chunk.objects.filter(document=document).update(vector=None)
        Document.objects.filter(pk=document.pk).update(embedded_with="")
    while rows := list(
        Chunk.objects.filter(document=document, vector=None).order_by("number")[: embeddings.BATCH]
    ):
        vectors = embeddings.embed([f"{document.title}. {row.place}\n{row.text}" for row in rows])
        for row, vector in zip(rows, vectors, strict=True):
            row.vector = vector.astype("float16").tobytes()
        # Rows that were deleted meanwhile are not made again.
        Chunk.objects.bulk_update(rows, ["vector"])
        made += len(rows)
        Document.objects.filter(pk=document.pk).update(embedding_until=database_now() + CLAIM)
    # Made anew meanwhile: whoever comes next begins again.
    done = Document.objects.filter(pk=document.pk, revision=document.revision)
    done.update(embedded_with=embeddings.MODEL, embedding_until=None)
    Document.objects.filter(pk=document.pk).update(embedding_until=None)
    return made
