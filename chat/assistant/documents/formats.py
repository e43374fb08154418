"""Document formats, and their detection."""

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
PDF_SIGNATURE: Final = b"%PDF-"
# The signature of a PDF may follow other bytes (ISO 32000-1, annex H).
PDF_SIGNATURE_WITHIN: Final = 1024


def parse_format(text: str) -> Format | None:
    """The format of a media type (its parameters are ignored) or of a short name like `md`."""
    return _NAMES.get(text.partition(";")[0].strip().lower())


def charset_of_upload(file: "UploadedFile[bytes]") -> str:
    """The charset in an uploaded file's headers, or ""."""
    # Django leaves header parameters as bytes.
    charset: object = file.charset
    if isinstance(charset, bytes):
        return charset.decode("ascii", "replace")
    return str(charset or "")


def detect_format(*, name: str, content_type: str, data: bytes) -> Format:
    """The format of a file: by its signature, else by its name, else by the declared type.

    Raises `DocumentError`.
    """
    if PDF_SIGNATURE in data[:PDF_SIGNATURE_WITHIN]:
        return Format.PDF
    if data.startswith(b"PK\x03\x04"):
        raise DocumentError(f"{EXPECTED}; this is a ZIP archive, such as Word and Excel write.")
    _, dot, extension = name.rpartition(".")
    found = (parse_format(extension) if dot else None) or parse_format(content_type)
    if found is None:
        unnamed = "a file without name and type"
        what = content_type or (f"a file named {name[-80:]!r}" if name else unnamed)
        raise DocumentError(f"{EXPECTED}, got {what}.")
    return found
