"""What is kept of documents: their text, and the passages that it was cut into.

The words of passages are indexed by the database itself, from the column `words`: a generated
`tsvector` on PostgreSQL, an FTS5 table kept by triggers on SQLite (migration 0100).
"""

from django.contrib.auth.models import Group
from django.db import models

from chat.assistant.documents import limits
from chat.assistant.documents.formats import Format

# A word is cut there by the analyser, and an index key stays small.
TERM_CHARS = 64
# `name:version` of what made a vector.
MODEL_CHARS = 100


class Document(models.Model):
    """Something to answer from. Its row is the lock of its passages."""

    title = models.CharField(max_length=limits.TITLE_CHARS)
    content_type = models.CharField(
        max_length=32, choices=[(str(each), str(each)) for each in Format]
    )
    # As it was read: what passages point into.
    text = models.TextField()
    # The charset that the file was taken to be in; "" for a PDF, and where nobody has noted it.
    charset = models.CharField(max_length=limits.CHARSET_CHARS, blank=True, default="")
    # `parsed.read.VERSION` of that time: a file sent again is read again if it has changed.
    read_version = models.PositiveSmallIntegerField(default=1)
    # Whether everybody may read it; otherwise only members of `groups`, and nobody without any.
    public = models.BooleanField(default=True)
    groups = models.ManyToManyField(Group, blank=True, related_name="+")
    # `service:orders` or `user:42`.
    added_by = models.CharField(max_length=limits.ADDED_BY_CHARS)
    # What makes the same document, sent again, the same: a digest of its key or its content.
    identity = models.CharField(max_length=64)
    # A digest of the file, by which one sent again is seen to be unchanged.
    digest = models.CharField(max_length=64)
    # Grows whenever the passages are made anew.
    revision = models.PositiveBigIntegerField(default=1)
    # The model that all passages have their vectors of, or "".
    embedded_with = models.CharField(max_length=MODEL_CHARS, blank=True, default="")
    # Until then one instance makes its vectors, and no other has to.
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
    """A passage of a document: `document.text[start:end]`, in a table below the table's header."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    text = models.TextField()
    # The titles of the sections around it: `Leave › Sick leave`.
    place = models.CharField(max_length=limits.PLACE_CHARS, blank=True)
    page = models.PositiveIntegerField(null=True)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    # What the analyser makes of title, place and text, in their order.
    words = models.TextField()
    # 384 numbers of two bytes each, of length 1 together.
    vector = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="one_chunk_per_number"),
        ]

    def __str__(self) -> str:
        return f"passage {self.number} of document {self.document_id}"


class Term(models.Model):
    """In how many passages a word stands, which tells how much it says. "" counts all passages."""

    term = models.CharField(max_length=TERM_CHARS, primary_key=True)
    chunks = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.term}: {self.chunks}"
