"""Adds, changes and removes documents with their passages, each in one transaction."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.assistant.documents import limits
from chat.assistant.documents.formats import Format
from chat.assistant.documents.models import Chunk, Document
from chat.assistant.documents.parsers.blocks import ParsedDocument
from chat.assistant.documents.parsers.reader import VERSION
from chat.assistant.documents.splitter import split
from chat.assistant.retrieval import terms
from chat.assistant.retrieval.analyser import words
from realtime import unit_of_work
from text.graphemes import cut

# Rows per INSERT; a passage is a few kilobytes.
_ROWS = 500


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to store. `key` is the sender's own identifier for it, or ""."""

    title: str
    format: Format
    parsed: ParsedDocument
    # SHA-256 of the file, in hex.
    digest: str
    key: str = ""
    # Who may read it. None keeps the present access; a new document is then public.
    access: "Access | None" = None


@dataclass(frozen=True, slots=True)
class Access:
    """Readable by everyone, or by the members of the groups with these ids."""

    public: bool
    groups: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Added:
    """A document, and whether this call created it."""

    document: Document
    created: bool


def add_document(*, added_by: str, new: NewDocument) -> Added:
    """Add a document, or update the one that this sender has sent before.

    That is the one with the same key or, without a key, with the same title and content.
    """
    identity = _identity(new)
    with unit_of_work():
        document = _lock_document(added_by, identity)
        if document is None:
            try:
                with transaction.atomic():
                    return Added(_create(added_by, identity, new), created=True)
            except IntegrityError:
                # A concurrent request has created it first.
                document = _lock_document(added_by, identity)
                if document is None:
                    raise
        _update(document, new)
        return Added(document, created=False)


def change_document(*, document_id: int, title: str, access: Access) -> Document | None:
    """Set a document's title and access. None if it does not exist."""
    with unit_of_work():
        document = Document.objects.select_for_update().filter(pk=document_id).first()
        if document is None:
            return None
        renamed = document.title != title
        document.title, document.updated_at = title, timezone.now()
        if renamed:
            document.revision += 1
            document.embedded_with = ""
        document.save()
        _set_access(document, access)
        if renamed:
            _rewrite_words(document)
        return document


def remove_documents(*, document_ids: Collection[int]) -> int:
    """Delete documents with their passages; return the number of those that existed."""
    with unit_of_work():
        rows = list(Document.objects.select_for_update().filter(pk__in=document_ids).order_by("pk"))
        found = [row.pk for row in rows]
        counts = terms.count_terms(
            Chunk.objects.filter(document__in=found).values_list("words", flat=True)
        )
        Document.objects.filter(pk__in=found).delete()
        counts.subtract({term: 2 * count for term, count in counts.items()})
        terms.add_counts(counts)
    return len(found)


def reindex_documents() -> int:
    """Recompute the terms of all documents, as after a change of the analyser."""
    found = list(Document.objects.order_by("pk").values_list("pk", flat=True))
    for document_id in found:
        with unit_of_work():
            document = Document.objects.select_for_update().filter(pk=document_id).first()
            if document is not None:
                _rewrite_words(document)
    return len(found)


def reread_document(*, document_id: int, parsed: ParsedDocument) -> bool:
    """Replace a document's text by a new parse of it. False if it does not exist."""
    with unit_of_work():
        document = Document.objects.select_for_update().filter(pk=document_id).first()
        if document is None:
            return False
        if document.read_version < VERSION:
            _replace_text(document, parsed)
        return True


def digest_of(data: bytes) -> str:
    """The SHA-256 of a file, in hex."""
    return hashlib.sha256(data).hexdigest()


def _identity(new: NewDocument) -> str:
    parts = ("key", new.key) if new.key else ("content", new.title, str(new.format), new.digest)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _lock_document(added_by: str, identity: str) -> Document | None:
    found = Document.objects.select_for_update().filter(added_by=added_by, identity=identity)
    return found.first()


def _create(added_by: str, identity: str, new: NewDocument) -> Document:
    now = timezone.now()
    document = Document.objects.create(
        title=new.title,
        content_type=str(new.format),
        text=new.parsed.text,
        added_by=added_by,
        identity=identity,
        digest=new.digest,
        charset=new.parsed.charset,
        read_version=VERSION,
        created_at=now,
        updated_at=now,
    )
    if new.access is not None:
        _set_access(document, new.access)
    terms.add_counts(terms.count_terms(_write_chunks(document, new.parsed)))
    return document


def _update(document: Document, new: NewDocument) -> None:
    same = (document.title, document.digest, document.content_type, document.read_version) == (
        new.title,
        new.digest,
        str(new.format),
        VERSION,
    )
    if new.access is not None:
        _set_access(document, new.access)
    if same:
        return
    document.title, document.digest = new.title, new.digest
    document.content_type, document.charset = str(new.format), new.parsed.charset
    _replace_text(document, new.parsed)


def _replace_text(document: Document, parsed: ParsedDocument) -> None:
    document.text, document.read_version = parsed.text, VERSION
    document.updated_at = timezone.now()
    document.revision += 1
    document.embedded_with = ""
    document.save()
    counts = terms.count_terms(_words_of(document))
    document.chunks.all().delete()
    after = terms.count_terms(_write_chunks(document, parsed))
    after.subtract(counts)
    terms.add_counts(after)


def _set_access(document: Document, access: Access) -> None:
    if document.public != access.public:
        document.public = access.public
        document.save(update_fields=["public"])
    document.groups.set(Group.objects.filter(pk__in=access.groups))


def _write_chunks(document: Document, parsed: ParsedDocument) -> list[str]:
    rows = []
    for number, span in enumerate(split(parsed)):
        place = cut(limits.PLACE_SEPARATOR.join(span.headings), limits.PLACE_CHARS)
        text = span.text_in(parsed.text)
        rows.append(
            Chunk(
                document=document,
                number=number,
                text=text,
                place=place,
                page=span.page,
                start=span.start,
                end=span.end,
                words=_terms_of(document.title, place, text),
            )
        )
    Chunk.objects.bulk_create(rows, batch_size=_ROWS)
    return [row.words for row in rows]


def _rewrite_words(document: Document) -> None:
    rows = list(document.chunks.all())
    before = terms.count_terms(row.words for row in rows)
    for row in rows:
        row.words = _terms_of(document.title, row.place, row.text)
        row.vector = None
    Chunk.objects.bulk_update(rows, ["words", "vector"], batch_size=_ROWS)
    after = terms.count_terms(row.words for row in rows)
    after.subtract(before)
    terms.add_counts(after)


def _terms_of(title: str, place: str, text: str) -> str:
    return " ".join(words(f"{title}\n{place}\n{text}"))


def _words_of(document: Document) -> list[str]:
    return list(document.chunks.values_list("words", flat=True))
