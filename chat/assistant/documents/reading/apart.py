"""Reading HTML and PDF in a process of its own, limited in time and memory.

Both can be made so that reading them takes hours or all memory (ten thousand elements in each
other, a page that unpacks to gigabytes). What goes wrong with a file goes wrong there.
"""

import json
import subprocess
import sys
from typing import Any

from chat.assistant.documents import limits
from chat.assistant.documents.reading.blocks import Block, Reading
from chat.assistant.documents.reading.faults import DocumentError, TooLargeError

PROGRAM = "chat.assistant.documents.reading.apart_program"
TOO_MUCH = "This document takes too much time or memory to read."
# What the program may say of a file, and the words for it.
FAULTS = {
    "encrypted": "This PDF is encrypted: save it without a password.",
    "broken": "This PDF is broken and cannot be read.",
    "no text": "This PDF has no text: if it was scanned, have its text recognised first.",
    "too much": TOO_MUCH,
}
TOO_LARGE = (
    f"Expected a PDF of at most {limits.PDF_PAGES} pages with {limits.TEXT_CHARS} characters."
)


def read_apart(what: str, data: bytes) -> Reading:
    """Read a file as `html` or `pdf`. Raises `DocumentError`."""
    said = _run(what, data)
    fault = said.get("fault")
    if fault == "too large":
        raise TooLargeError(TOO_LARGE)
    if fault is not None:
        raise DocumentError(FAULTS[fault])
    blocks = tuple(
        Block(start, end, tuple(headings), page) for start, end, headings, page in said["blocks"]
    )
    return Reading(said["text"], blocks, said["title"])


def _run(what: str, data: bytes) -> dict[str, Any]:
    command = [sys.executable, "-m", PROGRAM, what, str(limits.READ_S)]
    try:
        ran = subprocess.run(  # noqa: S603
            # It may wait for its processor twice as long as it may use it.
            command,
            input=data,
            capture_output=True,
            timeout=2 * limits.READ_S,
        )
    except subprocess.TimeoutExpired:
        return {"fault": "too much"}
    if ran.returncode or not ran.stdout:
        # Killed for its memory or its time, or it died of the file in a way nobody foresaw.
        return {"fault": "too much"}
    said: dict[str, Any] = json.loads(ran.stdout)
    return said
