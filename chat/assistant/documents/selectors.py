"""Reading documents: who may, and how far their passages have vectors."""

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
    """How many passages a document has, and how many of them have their vector."""

    chunks: int
    embedded: int


def progress(document_ids: list[int]) -> dict[int, Progress]:
    """That of each of the documents."""
    rows = Document.objects.filter(pk__in=document_ids).annotate(
        chunks_count=Count("chunks"), embedded_count=Count("chunks__vector")
    )
    return {row.pk: Progress(row.chunks_count, row.embedded_count) for row in rows.only("pk")}
