"""PDF: the text of its pages, by pypdf. Runs in a process of its own (apart.py)."""

import io
import logging
import re

import pypdf
from pypdf.errors import LimitReachedError

from api.charsets import korean
from chat.assistant.documents import limits
from chat.assistant.documents.parsers import plain
from chat.assistant.documents.parsers.blocks import Builder, ParsedDocument
from chat.assistant.documents.parsers.errors import ParserFault

_MARKS = (b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf")
_HYPHEN = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_])")


class PdfFault(ParserFault):
    """Why a PDF gives no text."""


def read(data: bytes) -> ParsedDocument:
    """A PDF. Its title is that of its metadata. Raises `PdfFault`."""
    # It warns of every small fault in a file; nobody reads that here.
    logging.disable()
    try:
        title, pages = _pages(data)
    except (MemoryError, PdfFault):
        raise
    except LimitReachedError:
        raise PdfFault("too much") from None
    except Exception:
        # pypdf raises nearly anything on a broken file.
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
    # Many are encrypted only to forbid printing, and open with no password.
    if reader.is_encrypted and not reader.decrypt(""):
        raise PdfFault("encrypted")
    if len(reader.pages) > limits.PDF_PAGES:
        raise PdfFault("too large")
    pages, size = [], 0
    for page in reader.pages:
        pages.append(_whole(page.extract_text()))
        size += len(pages[-1])
        if size > limits.TEXT_CHARS:
            raise PdfFault("too large")
    return _whole(_title(reader)), pages


def _title(reader: pypdf.PdfReader) -> str:
    """That of the metadata, which may be anything: a file is read without it too."""
    try:
        information = reader.trailer["/Info"].get_object()
        title = information["/Title"].get_object()  # type: ignore[index]
    except Exception:
        return ""
    # Programs of other countries write their own charset, where Unicode or Latin-1 is meant.
    raw = getattr(title, "original_bytes", b"")
    if isinstance(raw, bytes) and raw and not raw.startswith(_MARKS):
        try:
            raw.decode("ascii")
        except UnicodeDecodeError:
            return korean(raw) or str(title)
    return str(title) if isinstance(title, str) else ""


def _whole(text: str) -> str:
    """The text without halves of surrogate pairs, which are no characters."""
    return text.encode("utf-8", "replace").decode()
