"""Reads documents: which ones a user may read, and the progress of embedding."""

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db.models import Count, Q, QuerySet

from chat.assistant.documents.models import Document


def readable(user_id: int) -> QuerySet[Document]:
    """The documents that the user may read: the public ones, and those of their groups."""
    memberships = get_user_model().groups.through.objects.filter(user_id=user_id)
    shared = Document.groups.through.objects.filter(group__in=memberships.values("group")).values(
        "document"
    )
    return Document.objects.filter(Q(public=True) | Q(pk__in=shared))


@dataclass(frozen=True, slots=True)
class Progress:
    """The number of a document's passages, and of those with a vector."""

    chunks: int
    embedded: int


def embedding_progress(document_ids: list[int]) -> dict[int, Progress]:
    """The progress of each document, by id."""
    rows = Document.objects.filter(pk__in=document_ids).annotate(
        chunks_count=Count("chunks"), embedded_count=Count("chunks__vector")
    )
    return {row.pk: Progress(row.chunks_count, row.embedded_count) for row in rows.only("pk")}
