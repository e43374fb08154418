"""PDF: the text of its pages, read by pypdf in a process of its own.

A PDF can be made so that reading it takes hours or all memory. The process is limited in both, and
what goes wrong in it goes wrong there.
"""

import json
import re
import subprocess
import sys
from typing import Any

from chat.assistant.documents import limits
from chat.assistant.documents.reading import plain
from chat.assistant.documents.reading.blocks import Builder, Reading
from chat.assistant.documents.reading.faults import DocumentError, TooLargeError

PROGRAM = "chat.assistant.documents.reading.pdf_program"
# What the program may say of a PDF, and the words for it.
FAULTS = {
    "encrypted": "This PDF is encrypted: save it without a password.",
    "broken": "This PDF is broken and cannot be read.",
    "too large": f"Expected a PDF of at most {limits.PDF_PAGES} pages "
    f"with {limits.TEXT_CHARS} characters.",
    "too much": "This PDF takes too much time or memory to read.",
}
_HYPHEN = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_])")
_NO_TEXT = "This PDF has no text: if it was scanned, have its text recognised first."


def read(data: bytes) -> Reading:
    """A PDF. Its title is that of its metadata. Raises `DocumentError`."""
    found = _run(data)
    fault = found.get("fault")
    if fault == "too large":
        raise TooLargeError(FAULTS[fault])
    if fault:
        raise DocumentError(FAULTS[fault])
    out = Builder()
    for number, page in enumerate(found["pages"], start=1):
        text = _HYPHEN.sub("", plain.clean(page))
        for start, end in plain.paragraphs(text):
            out.add(text[start:end], page=number)
    reading = out.reading(" ".join(plain.clean(found["title"]).split()))
    if not reading.blocks:
        raise DocumentError(_NO_TEXT)
    return reading


def _run(data: bytes) -> dict[str, Any]:
    command = [sys.executable, "-m", PROGRAM]
    try:
        ran = subprocess.run(  # noqa: S603
            command, input=data, capture_output=True, timeout=limits.PDF_READ_S
        )
    except subprocess.TimeoutExpired:
        return {"fault": "too much"}
    if ran.returncode or not ran.stdout:
        # Killed for its memory or its time, or it died of the file in a way nobody foresaw.
        return {"fault": "too much"}
    said: dict[str, Any] = json.loads(ran.stdout)
    return said
