"""Parses files in a child process with limits on time, memory and output.

A malicious file can make a parser take hours or all memory (ten thousand nested elements, a page
that unpacks to gigabytes), and some parsers are written in C. Failures are confined to a process
without the server's secrets, of which `BELLWIRE_DOCUMENT_READERS` run at once. While it runs, the
request that brought the file occupies no request slot.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from api.media.charsets import codec_name
from api.slots import NoSlotError, outside_slot
from chat.assistant.documents import limits
from chat.assistant.documents.parsers.blocks import Block, ParsedDocument
from chat.assistant.documents.parsers.errors import DocumentError, ParsersBusyError, TooLargeError
from chat.conf import conf

ROOT: Final = Path(__file__).resolve().parents[4]
PROGRAM = Path(__file__).with_name("sandbox_program.py")
# The child's error names, and their messages.
FAULTS = {
    "encrypted": "This PDF is encrypted: save it without a password.",
    "broken": "This PDF is broken and cannot be read.",
    "no text": "This PDF has no text: if it was scanned, have its text recognised first.",
    "too much": "This document takes too much time or memory to read.",
    "binary": "Expected text, got NUL characters: this is a binary file.",
    "charset": "The charset of this text cannot be detected. Save it as UTF-8.",
}
SIZES = {
    "too large": f"Expected a PDF of at most {limits.PDF_PAGES} pages with {limits.TEXT_CHARS} "
    "characters.",
    "too long": f"Expected a text of at most {limits.TEXT_CHARS} characters.",
    "too many blocks": f"Expected at most {limits.BLOCKS} paragraphs, items and tables.",
}
BUSY = "Other documents are being read. Send this one again in a few seconds."

_CHUNK_BYTES: Final = 64 * 1024
_lock = threading.Lock()
_running: set[object] = set()


def read_in_sandbox(what: str, data: bytes, charset: str = "") -> ParsedDocument:
    """Parse a file as `html`, `pdf`, `markdown` or `plain`. Raises `DocumentError`.

    `charset` is the one that the sender declares.
    """
    try:
        with _reader_slot(), outside_slot():
            result = _run(what, data, codec_name(charset))
    except NoSlotError:
        raise ParsersBusyError(BUSY) from None
    fault = result.get("fault")
    if fault in SIZES:
        raise TooLargeError(SIZES[fault])
    if fault is not None:
        raise DocumentError(FAULTS[fault])
    paths = [tuple(path) for path in result["paths"]]
    blocks = tuple(
        Block(start, end, paths[path], page, *head_end)
        for start, end, path, page, *head_end in result["blocks"]
    )
    return ParsedDocument(result["text"], blocks, result["title"], result.get("charset", ""))


@contextmanager
def _reader_slot() -> Iterator[None]:
    """Occupy one of the slots for child processes. Raises `ParsersBusyError` if all are in use.

    It does not wait, because the caller occupies a request slot and a thread.
    """
    slot = object()
    with _lock:
        if len(_running) >= conf().document_readers:
            raise ParsersBusyError(BUSY)
        _running.add(slot)
    try:
        yield
    finally:
        with _lock:
            _running.discard(slot)


def _run(what: str, data: bytes, charset: str) -> dict[str, Any]:
    # `-I`: imports depend neither on the working directory nor on the environment.
    command = [sys.executable, "-I", str(PROGRAM), str(ROOT), what, str(limits.READ_S), charset]
    with subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Without SECRET_KEY, DATABASE_URL and LLM_API_KEY. The locale is set, as Python would add
        # one of its own.
        env={"LC_ALL": "C.UTF-8"},
    ) as child:
        # Wall-clock limit: on a busy core it may get a quarter of the processor time.
        timer = threading.Timer(4 * limits.READ_S, child.kill)
        timer.start()
        try:
            output = _exchange(child, data)
        finally:
            timer.cancel()
            child.kill()
    if not output or len(output) > limits.READ_OUTPUT_BYTES:
        # Killed for its memory or time, or crashed by the file.
        return {"fault": "too much"}
    try:
        result: dict[str, Any] = json.loads(output)
    except ValueError:
        return {"fault": "too much"}
    return result


def _exchange(child: "subprocess.Popen[bytes]", data: bytes) -> bytes:
    """The child's output, at most one chunk above the limit. It reads all input before writing."""
    assert child.stdin is not None  # noqa: S101 - Popen was asked for both
    assert child.stdout is not None  # noqa: S101
    try:
        child.stdin.write(data)
        child.stdin.close()
    except BrokenPipeError:
        return b""
    # In chunks: a single read would allocate memory for the longest output first.
    output = bytearray()
    while len(output) <= limits.READ_OUTPUT_BYTES and (chunk := child.stdout.read(_CHUNK_BYTES)):
        output += chunk
    return bytes(output)
