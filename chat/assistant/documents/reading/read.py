"""One door to the readers: a document of any format, with the limits that hold for all."""

from chat.assistant.documents import limits
from chat.assistant.documents.formats import Format
from chat.assistant.documents.reading import markdown, plain
from chat.assistant.documents.reading.apart import SIZES, read_apart
from chat.assistant.documents.reading.blocks import Reading
from chat.assistant.documents.reading.faults import DocumentError, TooLargeError


def read_document(data: bytes, kind: Format) -> Reading:
    """Read a file. Raises `DocumentError`, which says why it cannot be taken."""
    if len(data) > limits.FILE_BYTES:
        raise TooLargeError(f"Expected a file of at most {limits.FILE_BYTES} bytes.")
    if not data.strip():
        raise DocumentError("This document is empty.")
    if kind is Format.PDF:
        return read_apart("pdf", data)
    text = plain.decode(data)
    if kind is Format.HTML:
        # Much of it may be markup: its text is measured below.
        reading = read_apart("html", text.encode())
    else:
        _check_size(text)
        reading = markdown.read(text) if kind is Format.MARKDOWN else plain.read(text)
    _check_size(reading.text)
    if len(reading.blocks) > limits.BLOCKS:
        raise TooLargeError(SIZES["too many blocks"])
    if not reading.blocks:
        raise DocumentError("This document is empty: there is no text in it.")
    return reading


def _check_size(text: str) -> None:
    if len(text) > limits.TEXT_CHARS:
        raise TooLargeError(
            f"Expected a text of at most {limits.TEXT_CHARS} characters, got {len(text)}."
        )
