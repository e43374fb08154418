"""Parses a document of any format, with the limits common to all formats."""

from dataclasses import replace
from typing import Final

from chat.assistant.documents import limits
from chat.assistant.documents.formats import Format
from chat.assistant.documents.parsers import charset, markdown, plain
from chat.assistant.documents.parsers.blocks import ParsedDocument
from chat.assistant.documents.parsers.errors import DocumentError, TooLargeError
from chat.assistant.documents.parsers.sandbox import SIZES, read_in_sandbox

# Increase it whenever files yield another text than before; then run `manage.py reread_documents`.
VERSION: Final = 2

_KINDS: Final = {
    Format.PDF: "pdf",
    Format.HTML: "html",
    Format.MARKDOWN: "markdown",
    Format.TEXT: "plain",
}


def read_document(data: bytes, kind: Format, declared: str = "") -> ParsedDocument:
    """Parse a file; `declared` is the charset that the sender gives. Raises `DocumentError`."""
    if len(data) > limits.FILE_BYTES:
        raise TooLargeError(f"Expected a file of at most {limits.FILE_BYTES} bytes.")
    if not data.strip():
        raise DocumentError("This document is empty.")
    parsed = _read_in_process(data, kind, declared) or read_in_sandbox(_KINDS[kind], data, declared)
    _check_size(parsed.text)
    if len(parsed.blocks) > limits.BLOCKS:
        raise TooLargeError(SIZES["too many blocks"])
    if not parsed.blocks:
        raise DocumentError("This document is empty: there is no text in it.")
    return parsed


def _read_in_process(data: bytes, kind: Format, declared: str) -> ParsedDocument | None:
    """Parse a small UTF-8 document without HTML, which needs no child process; else None."""
    if kind not in (Format.MARKDOWN, Format.TEXT):
        return None
    if kind is Format.MARKDOWN and len(data) > limits.IN_PROCESS_BYTES:
        return None
    text = charset.utf8(data, declared)
    if text is None or (kind is Format.MARKDOWN and markdown.may_hold_html(text)):
        return None
    _check_size(text)
    parsed = markdown.read(text) if kind is Format.MARKDOWN else plain.read(text)
    return replace(parsed, charset="utf-8")


def _check_size(text: str) -> None:
    if len(text) > limits.TEXT_CHARS:
        raise TooLargeError(
            f"Expected a text of at most {limits.TEXT_CHARS} characters, got {len(text)}."
        )
