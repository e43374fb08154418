"""`python -I …/sandbox_program.py ROOT KIND SECONDS CHARSET`: parses a file from standard input.

KIND is html, pdf, markdown or plain; CHARSET, which may be empty, is the declared one. Writes JSON:
`{"title", "text", "charset", "paths": [[heading, …], …], "blocks": [[start, end, path, page,
head_end], …]}`, or `{"fault"}` with a key of FAULTS or SIZES in sandbox.py. A block's `path` is an
index into `paths`, so that long headings are not repeated for every block below them.

The file is untrusted and some parsers are written in C, so this process has limits, an empty
environment and, where the system supports it, no network and no other programs.
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

# Standard streams, the module being imported, and some to spare.
_FILES = 32
# Server processes have priority; on a busy core this one gets a third of their share.
_NICENESS = 5


def main() -> None:
    root, what, seconds, charset = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    sys.path.insert(0, root)
    # `-I` excludes the working directory and the script's directory. Imports of the project are
    # possible only from here on, and so stand inside functions.
    from chat.assistant.documents.parsers.isolation import isolate

    _limit(seconds)
    isolate()
    try:
        result = _read(what, sys.stdin.buffer.read(), charset)
    except MemoryError:
        result = {"fault": "too much"}
    sys.stdout.buffer.write(json.dumps(result, ensure_ascii=False).encode())


def _limit(seconds: int) -> None:
    # Possible only after `main` has set the path.
    from chat.assistant.documents import limits

    os.nice(_NICENESS)
    for kind, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, limits.READ_MEMORY_BYTES),
        # It may write only to its pipe, and a crash leaves no core dump of the file.
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
    ):
        resource.setrlimit(kind, (most, most))


def _read(what: str, data: bytes, charset: str) -> dict[str, Any]:
    # Possible only after `main` has set the path.
    from chat.assistant.documents import limits
    from chat.assistant.documents.parsers.errors import ParserFault

    try:
        parsed = _parse(what, data, charset)
    except ParserFault as fault:
        return {"fault": str(fault)}
    if len(parsed.text) > limits.TEXT_CHARS:
        return {"fault": "too long"}
    if len(parsed.blocks) > limits.BLOCKS:
        return {"fault": "too many blocks"}
    return _serialize(parsed)


def _parse(what: str, data: bytes, declared: str) -> "ParsedDocument":
    if what == "pdf":
        # Other formats do without its library.
        from chat.assistant.documents.parsers import pdf

        return pdf.read(data)
    # Possible only after `main` has set the path.
    from chat.assistant.documents.parsers.charset import decode

    text, charset = decode(data, declared, is_markup=what == "html")
    reader = import_module(f"chat.assistant.documents.parsers.{what}")
    parsed: ParsedDocument = reader.read(text)
    return replace(parsed, charset=charset)


def _serialize(parsed: "ParsedDocument") -> dict[str, Any]:
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
