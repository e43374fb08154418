"""`python -m …pdf_program`: a PDF on standard input, its pages' text as JSON on standard output.

Says `{"title", "pages": […]}`, or `{"fault"}` with one of those that pdf.py has words for.
"""

import io
import json
import resource
import sys
from typing import Any

from chat.assistant.documents import limits


def main() -> None:
    # Children of the server: what is allowed here is allowed to nobody else.
    memory, seconds = limits.PDF_MEMORY_BYTES, limits.PDF_READ_S
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        said = _read(sys.stdin.buffer.read())
    except MemoryError:
        said = {"fault": "too much"}
    sys.stdout.write(json.dumps(said))


def _read(data: bytes) -> dict[str, Any]:
    import logging

    import pypdf
    from pypdf.errors import LimitReachedError

    # It warns of every small fault in a file; nobody reads that here.
    logging.disable()
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        # Many are encrypted only to forbid printing, and open with no password.
        if reader.is_encrypted and not reader.decrypt(""):
            return {"fault": "encrypted"}
        if len(reader.pages) > limits.PDF_PAGES:
            return {"fault": "too large"}
        pages, size = [], 0
        for page in reader.pages:
            # A half of a surrogate pair is no character.
            text = page.extract_text().encode("utf-8", "replace").decode()
            size += len(text)
            if size > limits.TEXT_CHARS:
                return {"fault": "too large"}
            pages.append(text)
        title = reader.metadata.title if reader.metadata else None
        return {"title": str(title or ""), "pages": pages}
    except MemoryError:
        raise
    except LimitReachedError:
        return {"fault": "too much"}
    except Exception:
        # pypdf raises nearly anything on a broken file.
        return {"fault": "broken"}


if __name__ == "__main__":
    main()
