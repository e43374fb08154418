"""The kinds of documents, and how one is recognised."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from chat.assistant.documents.parsers.errors import DocumentError

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


class Format(StrEnum):
    """`content_type` of a document."""

    MARKDOWN = "text/markdown"
    TEXT = "text/plain"
    HTML = "text/html"
    PDF = "application/pdf"


EXPECTED: Final = "Expected Markdown, text, HTML or PDF"
_NAMES: Final[Mapping[str, Format]] = {
    **{str(each): each for each in Format},
    "text/x-markdown": Format.MARKDOWN,
    "application/xhtml+xml": Format.HTML,
    "application/x-pdf": Format.PDF,
    "md": Format.MARKDOWN,
    "markdown": Format.MARKDOWN,
    "txt": Format.TEXT,
    "text": Format.TEXT,
    "log": Format.TEXT,
    "htm": Format.HTML,
    "html": Format.HTML,
    "xhtml": Format.HTML,
    "pdf": Format.PDF,
}
PDF_MARK: Final = b"%PDF-"
# A PDF's mark may stand behind some bytes of others' making (ISO 32000-1, annex H).
PDF_MARK_WITHIN: Final = 1024


def named(text: str) -> Format | None:
    """The format of a media type (parameters are passed over) or of a short name like `md`."""
    return _NAMES.get(text.partition(";")[0].strip().lower())


def charset_of_upload(file: "UploadedFile[bytes]") -> str:
    """The charset that the headers of an uploaded file name, or ""."""
    # Django leaves the parameters of headers as bytes.
    said: object = file.charset
    return said.decode("ascii", "replace") if isinstance(said, bytes) else str(said or "")


def of_file(*, name: str, content_type: str, data: bytes) -> Format:
    """What a file is: by its content where that is sure, else its name, else what was declared.

    Raises `DocumentError`.
    """
    if PDF_MARK in data[:PDF_MARK_WITHIN]:
        return Format.PDF
    if data.startswith(b"PK\x03\x04"):
        raise DocumentError(f"{EXPECTED}; this is a ZIP archive, such as Word and Excel write.")
    _, dot, extension = name.rpartition(".")
    found = (named(extension) if dot else None) or named(content_type)
    if found is None:
        what = content_type or (f"a file named {name[-80:]!r}" if name else "nothing that says")
        raise DocumentError(f"{EXPECTED}, got {what}.")
    return found
