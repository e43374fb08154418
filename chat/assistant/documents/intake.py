"""From what was sent to what is added: recognised, read, and given a title."""

from pathlib import PurePosixPath

from chat.assistant.documents import limits, services
from chat.assistant.documents.formats import Format
from chat.assistant.documents.parsers.errors import DocumentError, TooLargeError
from chat.assistant.documents.parsers.plain import clean
from chat.assistant.documents.parsers.read import read_document
from chat.assistant.documents.services import Access, NewDocument
from chat.assistant.documents.splitting import split
from text.graphemes import cut
from text.visible import is_visible, visible_of


def new_document(
    data: bytes,
    kind: Format,
    *,
    title: str = "",
    name: str = "",
    key: str = "",
    charset: str = "",
    access: Access | None = None,
) -> NewDocument:
    """Read a file. Without a title it is called what it calls itself, else by its `name`.

    `charset` is the one that its sender says it is in.

    Takes as long as reading takes: outside of a transaction. Raises `DocumentError`.
    """
    parsed = read_document(data, kind, charset)
    if not is_visible(parsed.text):
        raise DocumentError("This document is empty: there is no text in it.")
    if len(split(parsed)) > limits.CHUNKS:
        raise TooLargeError(
            f"Expected at most {limits.CHUNKS} passages: send the document in parts."
        )
    stem = PurePosixPath(name.replace("\\", "/")).stem
    called = visible_of([title, parsed.title, stem])
    called = cut(" ".join(clean(called).split()), limits.TITLE_CHARS).strip()
    if not called:
        raise DocumentError("Expected a title: this document does not say what it is called.")
    return NewDocument(
        title=called,
        format=kind,
        parsed=parsed,
        digest=services.digest_of(data),
        key=key,
        access=access,
    )
