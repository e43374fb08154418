"""The one way to the readers: a document of any format, with the limits that hold for all."""

from dataclasses import replace
from typing import Final

from chat.assistant.documents import limits
from chat.assistant.documents.formats import Format
from chat.assistant.documents.reading import charset, markdown, plain
from chat.assistant.documents.reading.apart import SIZES, read_apart
from chat.assistant.documents.reading.blocks import Reading
from chat.assistant.documents.reading.faults import DocumentError, TooLargeError

# Raised whenever a file gives another text than before; `manage.py reread_documents` follows.
VERSION: Final = 2

_KINDS: Final = {
    Format.PDF: "pdf",
    Format.HTML: "html",
    Format.MARKDOWN: "markdown",
    Format.TEXT: "plain",
}


def read_document(data: bytes, kind: Format, declared: str = "") -> Reading:
    """Read a file that is said to be in the charset `declared`.

    Raises `DocumentError`, which says why it cannot be taken.
    """
    if len(data) > limits.FILE_BYTES:
        raise TooLargeError(f"Expected a file of at most {limits.FILE_BYTES} bytes.")
    if not data.strip():
        raise DocumentError("This document is empty.")
    reading = _read_here(data, kind, declared) or read_apart(_KINDS[kind], data, declared)
    _check_size(reading.text)
    if len(reading.blocks) > limits.BLOCKS:
        raise TooLargeError(SIZES["too many blocks"])
    if not reading.blocks:
        raise DocumentError("This document is empty: there is no text in it.")
    return reading


def _read_here(data: bytes, kind: Format, declared: str) -> Reading | None:
    """What needs no process of its own: a small document in UTF-8, without HTML in it."""
    if kind not in (Format.MARKDOWN, Format.TEXT):
        return None
    if kind is Format.MARKDOWN and len(data) > limits.READ_HERE_BYTES:
        return None
    text = charset.utf8(data, declared)
    if text is None or (kind is Format.MARKDOWN and markdown.may_hold_html(text)):
        return None
    _check_size(text)
    reading = markdown.read(text) if kind is Format.MARKDOWN else plain.read(text)
    return replace(reading, charset="utf-8")


def _check_size(text: str) -> None:
    if len(text) > limits.TEXT_CHARS:
        raise TooLargeError(
            f"Expected a text of at most {limits.TEXT_CHARS} characters, got {len(text)}."
        )
