"""Extracts the text of a PDF's pages with pypdf. Runs in a child process (sandbox.py)."""

import io
import logging
import re

import pypdf
from pypdf.errors import LimitReachedError

from api.media.charsets import korean
from chat.assistant.documents import limits
from chat.assistant.documents.parsers import plain
from chat.assistant.documents.parsers.blocks import Builder, ParsedDocument
from chat.assistant.documents.parsers.errors import ParserFault

_MARKS = (b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf")
_HYPHEN = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_])")


class PdfFault(ParserFault):
    """No text can be extracted from a PDF."""


def read(data: bytes) -> ParsedDocument:
    """Parse a PDF; the title is that of its metadata. Raises `PdfFault`."""
    # pypdf logs a warning for every small fault in a file.
    logging.disable()
    try:
        title, pages = _pages(data)
    except (MemoryError, PdfFault):
        raise
    except LimitReachedError:
        raise PdfFault("too much") from None
    except Exception:
        # pypdf raises all kinds of exceptions for broken files.
        raise PdfFault("broken") from None
    out = Builder()
    for number, page in enumerate(pages, start=1):
        text = _HYPHEN.sub("", plain.clean(page))
        for start, end in plain.paragraphs(text):
            out.add(text[start:end], number)
    parsed = out.parsed(" ".join(plain.clean(title).split()))
    if not parsed.blocks:
        raise PdfFault("no text")
    return parsed


def _pages(data: bytes) -> tuple[str, list[str]]:
    reader = pypdf.PdfReader(io.BytesIO(data))
    # Many PDFs are encrypted only to forbid printing, and open with an empty password.
    if reader.is_encrypted and not reader.decrypt(""):
        raise PdfFault("encrypted")
    if len(reader.pages) > limits.PDF_PAGES:
        raise PdfFault("too large")
    pages, size = [], 0
    for page in reader.pages:
        pages.append(_without_surrogates(page.extract_text()))
        size += len(pages[-1])
        if size > limits.TEXT_CHARS:
            raise PdfFault("too large")
    return _without_surrogates(_title(reader)), pages


def _title(reader: pypdf.PdfReader) -> str:
    """The title in the metadata; "" if the metadata is broken."""
    try:
        information = reader.trailer["/Info"].get_object()
        title = information["/Title"].get_object()  # type: ignore[index]
    except Exception:
        return ""
    # Some programs write the title in a local charset instead of Unicode or Latin-1.
    raw = getattr(title, "original_bytes", b"")
    if isinstance(raw, bytes) and raw and not raw.startswith(_MARKS):
        try:
            raw.decode("ascii")
        except UnicodeDecodeError:
            return korean(raw) or str(title)
    return str(title) if isinstance(title, str) else ""


def _without_surrogates(text: str) -> str:
    """The text with lone surrogates replaced."""
    return text.encode("utf-8", "replace").decode()
