"""`python -m …apart_program html|pdf SECONDS`: a file on standard input, its text on output.

Says, as JSON, `{"title", "text", "blocks": [[start, end, headings, page], …]}`, or `{"fault"}` with
one of those that apart.py has words for.
"""

import json
import resource
import sys
from typing import Any

from chat.assistant.documents import limits
from chat.assistant.documents.reading.blocks import Reading


def main() -> None:
    what, seconds = sys.argv[1], int(sys.argv[2])
    memory = limits.READ_MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        said = _read(what, sys.stdin.buffer.read())
    except MemoryError:
        said = {"fault": "too much"}
    sys.stdout.write(json.dumps(said))


def _read(what: str, data: bytes) -> dict[str, Any]:
    if what == "html":
        from chat.assistant.documents.reading import html

        return _said(html.read(data.decode()))
    from chat.assistant.documents.reading import pdf

    try:
        return _said(pdf.read(data))
    except pdf.PdfFault as fault:
        return {"fault": str(fault)}


def _said(reading: Reading) -> dict[str, Any]:
    blocks = [[block.start, block.end, block.headings, block.page] for block in reading.blocks]
    return {"title": reading.title, "text": reading.text, "blocks": blocks}


if __name__ == "__main__":
    main()
