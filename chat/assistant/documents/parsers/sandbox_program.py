"""`python -I …/apart_program.py ROOT KIND SECONDS CHARSET`: a file in, its text out.

KIND is html, pdf, markdown or plain; CHARSET, which may be empty, what the sender says it is in.
Says, as JSON, `{"title", "text", "charset", "paths": [[heading, …], …], "blocks": [[start, end,
path, page, head_end], …]}`, or `{"fault"}` with one of those that apart.py has words for. Blocks
name their headings by the place of their path, so that what stands below a long heading does not
repeat it.

The file is a stranger's, and what reads it is written in C: this process has limits, an empty
environment and, where the system allows that, no network and no other programs.
"""

import json
import os
import resource
import sys
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chat.assistant.documents.parsers.blocks import ParsedDocument

# Standard input and output, the module that is being imported, and some to spare.
_FILES = 32
# Processes that answer people go first; this one has a third of their share of a busy core.
_NICENESS = 5


def main() -> None:
    root, what, seconds, charset = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    # `-I` leaves out the folder that this is run in and the one that it stands in.
    sys.path.insert(0, root)
    from chat.assistant.documents.parsers.isolation import isolate

    _limit(seconds)
    isolate()
    try:
        said = _read(what, sys.stdin.buffer.read(), charset)
    except MemoryError:
        said = {"fault": "too much"}
    sys.stdout.buffer.write(json.dumps(said, ensure_ascii=False).encode())


def _limit(seconds: int) -> None:
    from chat.assistant.documents import limits

    os.nice(_NICENESS)
    for kind, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, limits.READ_MEMORY_BYTES),
        # It writes to a pipe and nowhere else, and a crash leaves nothing of the file on disk.
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
    ):
        resource.setrlimit(kind, (most, most))


def _read(what: str, data: bytes, charset: str) -> dict[str, Any]:
    from chat.assistant.documents import limits
    from chat.assistant.documents.parsers.errors import ParserFault

    try:
        parsed = _reading(what, data, charset)
    except ParserFault as fault:
        return {"fault": str(fault)}
    if len(parsed.text) > limits.TEXT_CHARS:
        return {"fault": "too long"}
    if len(parsed.blocks) > limits.BLOCKS:
        return {"fault": "too many blocks"}
    return _said(parsed)


def _reading(what: str, data: bytes, declared: str) -> "ParsedDocument":
    if what == "pdf":
        from chat.assistant.documents.parsers import pdf

        return pdf.read(data)
    from chat.assistant.documents.parsers.charset import decode

    text, charset = decode(data, declared, is_markup=what == "html")
    reader = import_module(f"chat.assistant.documents.parsers.{what}")
    parsed: ParsedDocument = reader.read(text)
    return replace(parsed, charset=charset)


def _said(parsed: "ParsedDocument") -> dict[str, Any]:
    paths: dict[tuple[str, ...], int] = {}
    blocks = [
        [block.start, block.end, paths.setdefault(block.headings, len(paths)), block.page]
        + [block.head_end]
        for block in parsed.blocks
    ]
    return {
        "title": parsed.title,
        "text": parsed.text,
        "charset": parsed.charset,
        "paths": list(paths),
        "blocks": blocks,
    }


if __name__ == "__main__":
    main()
