"""The tables of documents and their passages.

The database itself indexes the column `words` of passages: with a generated `tsvector` on
PostgreSQL, with an FTS5 table and triggers on SQLite (migration 0100).
"""

from django.contrib.auth.models import Group
from django.db import models

from chat.assistant.documents import limits
from chat.assistant.documents.formats import Format

# The analyser cuts words to this length, to keep index keys small.
TERM_CHARS = 64
# `name:version` of the embedding model.
MODEL_CHARS = 100


class Document(models.Model):
    """A document. Its row is the lock on its passages."""

    title = models.CharField(max_length=limits.TITLE_CHARS)
    content_type = models.CharField(
        max_length=32, choices=[(str(each), str(each)) for each in Format]
    )
    # The parsed text, into which passages point.
    text = models.TextField()
    # The charset that the file was decoded with; "" for a PDF, and for rows of older releases.
    charset = models.CharField(max_length=limits.CHARSET_CHARS, blank=True, default="")
    # `parsers.reader.VERSION` at parsing; an unchanged file is parsed again if it has increased.
    read_version = models.PositiveSmallIntegerField(default=1)
    # Whether everyone may read it; otherwise only members of `groups`, possibly none.
    public = models.BooleanField(default=True)
    groups = models.ManyToManyField(Group, blank=True, related_name="+")
    # `service:orders` or `user:42`.
    added_by = models.CharField(max_length=limits.ADDED_BY_CHARS)
    # Digest of the key, or of title and content, by which a resent document is recognized.
    identity = models.CharField(max_length=64)
    # Digest of the file, by which an unchanged file is recognized.
    digest = models.CharField(max_length=64)
    # Increases whenever the passages are recomputed.
    revision = models.PositiveBigIntegerField(default=1)
    # The model of all passages' vectors; "" until all have one.
    embedded_with = models.CharField(max_length=MODEL_CHARS, blank=True, default="")
    # Until when an instance has claimed it for computing vectors.
    embedding_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["added_by", "identity"], name="one_document_per_key"),
        ]
        indexes = [models.Index(fields=["embedded_with"], name="chat_document_embedded")]

    def __str__(self) -> str:
        return self.title


class Chunk(models.Model):
    """A passage of a document: `document.text[start:end]`, after the header of its table if any."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    text = models.TextField()
    # The titles of the sections around it: `Leave › Sick leave`.
    place = models.CharField(max_length=limits.PLACE_CHARS, blank=True)
    page = models.PositiveIntegerField(null=True)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    # The terms of title, place and text, in this order, separated by spaces.
    words = models.TextField()
    # 384 numbers of two bytes (float16), a unit vector.
    vector = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="one_chunk_per_number"),
        ]

    def __str__(self) -> str:
        return f"passage {self.number} of document {self.document_id}"


class Term(models.Model):
    """The number of passages with a term, for its weight. The term "" counts all passages."""

    term = models.CharField(max_length=TERM_CHARS, primary_key=True)
    chunks = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.term}: {self.chunks}"
