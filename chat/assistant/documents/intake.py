"""Turns an uploaded file into a `NewDocument`: parses it and finds its title."""

from pathlib import PurePosixPath

from chat.assistant.documents import limits, services
from chat.assistant.documents.formats import Format
from chat.assistant.documents.parsers.errors import DocumentError, TooLargeError
from chat.assistant.documents.parsers.plain import clean
from chat.assistant.documents.parsers.reader import read_document
from chat.assistant.documents.services import Access, NewDocument
from chat.assistant.documents.splitter import split
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
    """Parse a file. Without `title`, the document's own title is used, or else the file's `name`.

    `charset` is the one that the sender declares. Parsing may take long, so call it outside of a
    transaction. Raises `DocumentError`.
    """
    parsed = read_document(data, kind, charset)
    if not is_visible(parsed.text):
        raise DocumentError("This document is empty: there is no text in it.")
    if len(split(parsed)) > limits.CHUNKS:
        raise TooLargeError(
            f"Expected at most {limits.CHUNKS} passages: send the document in parts."
        )
    stem = PurePosixPath(name.replace("\\", "/")).stem
    found_title = visible_of([title, parsed.title, stem])
    found_title = cut(" ".join(clean(found_title).split()), limits.TITLE_CHARS).strip()
    if not found_title:
        raise DocumentError("This document has no title. Give it one.")
    return NewDocument(
        title=found_title,
        format=kind,
        parsed=parsed,
        digest=services.digest_of(data),
        key=key,
        access=access,
    )
