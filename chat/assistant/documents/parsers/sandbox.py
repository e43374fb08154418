"""Reading files in a child process, limited in time, memory and output.

They can be made so that reading them takes hours or all memory (ten thousand elements in each
other, a page that unpacks to gigabytes), and some parsers are written in C. What goes wrong with
a file goes wrong there: in a process that has none of the server's secrets, and of which there are
two at most. Meanwhile the request that brought the file holds no slot of the server's requests.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from api.charsets import codec_name
from api.slots import NoSlotError, outside_slot
from chat.assistant.documents import limits
from chat.assistant.documents.parsers.blocks import Block, ParsedDocument
from chat.assistant.documents.parsers.errors import DocumentError, ParsersBusyError, TooLargeError

ROOT: Final = Path(__file__).resolve().parents[4]
PROGRAM = Path(__file__).with_name("sandbox_program.py")
# What the program may say of a file, and the words for it.
FAULTS = {
    "encrypted": "This PDF is encrypted: save it without a password.",
    "broken": "This PDF is broken and cannot be read.",
    "no text": "This PDF has no text: if it was scanned, have its text recognised first.",
    "too much": "This document takes too much time or memory to read.",
    "binary": "Expected text, got NUL characters: this is a binary file.",
    "charset": "This text is in a charset that cannot be told. Save it as UTF-8.",
}
SIZES = {
    "too large": f"Expected a PDF of at most {limits.PDF_PAGES} pages with {limits.TEXT_CHARS} "
    "characters.",
    "too long": f"Expected a text of at most {limits.TEXT_CHARS} characters.",
    "too many blocks": f"Expected at most {limits.BLOCKS} paragraphs, items and tables.",
}
BUSY = "Other documents are being read. Send this one again in a few seconds."

_PIECE_BYTES: Final = 64 * 1024
_lock = threading.Lock()
_running: set[object] = set()


def read_in_sandbox(what: str, data: bytes, charset: str = "") -> ParsedDocument:
    """Read a file as `html`, `pdf`, `markdown` or `plain`. Raises `DocumentError`.

    `charset` is the one that its sender says it is in.
    """
    try:
        with _turn(), outside_slot():
            said = _run(what, data, codec_name(charset))
    except NoSlotError:
        raise ParsersBusyError(BUSY) from None
    fault = said.get("fault")
    if fault in SIZES:
        raise TooLargeError(SIZES[fault])
    if fault is not None:
        raise DocumentError(FAULTS[fault])
    paths = [tuple(path) for path in said["paths"]]
    blocks = tuple(
        Block(start, end, paths[path], page, *head_end)
        for start, end, path, page, *head_end in said["blocks"]
    )
    return ParsedDocument(said["text"], blocks, said["title"], said.get("charset", ""))


@contextmanager
def _turn() -> Iterator[None]:
    """One of the children that may run at once. Raises `ParsersBusyError`.

    Nobody waits for one: whoever calls holds a slot and a thread of the server's.
    """
    turn = object()
    with _lock:
        if len(_running) >= settings.BELLWIRE_DOCUMENT_READERS:
            raise ParsersBusyError(BUSY)
        _running.add(turn)
    try:
        yield
    finally:
        with _lock:
            _running.discard(turn)


def _run(what: str, data: bytes, charset: str) -> dict[str, Any]:
    # `-I`: neither its folder nor anything in the environment says what is imported.
    command = [sys.executable, "-I", str(PROGRAM), str(ROOT), what, str(limits.READ_S), charset]
    with subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # SECRET_KEY, DATABASE_URL and LLM_API_KEY are none of its business. The locale keeps Python
        # from adding one of its own.
        env={"LC_ALL": "C.UTF-8"},
    ) as child:
        # On a core that others keep busy it has a quarter of it.
        timer = threading.Timer(4 * limits.READ_S, child.kill)
        timer.start()
        try:
            output = _answer(child, data)
        finally:
            timer.cancel()
            child.kill()
    if not output or len(output) > limits.READ_OUTPUT_BYTES:
        # Killed for its memory or its time, or it died of the file in a way nobody foresaw.
        return {"fault": "too much"}
    try:
        said: dict[str, Any] = json.loads(output)
    except ValueError:
        return {"fault": "too much"}
    return said


def _answer(child: "subprocess.Popen[bytes]", data: bytes) -> bytes:
    """What the child writes, at most a piece more than it may. It reads all before it writes."""
    assert child.stdin is not None  # noqa: S101 - Popen was asked for both
    assert child.stdout is not None  # noqa: S101
    try:
        child.stdin.write(data)
        child.stdin.close()
    except BrokenPipeError:
        return b""
    # In pieces: asked for all at once, it would take the memory for the longest answer first.
    output = bytearray()
    while len(output) <= limits.READ_OUTPUT_BYTES and (piece := child.stdout.read(_PIECE_BYTES)):
        output += piece
    return bytes(output)
