"""Why a document cannot be read, in a sentence for who sent it."""


class DocumentError(Exception):
    """A document that cannot be taken."""


class TooLargeError(DocumentError):
    """One that is larger than a limit allows."""


class ParsersBusyError(DocumentError):
    """As many documents are being read as may be at once; this one may be sent again."""


class ParserFault(Exception):  # noqa: N818 - its text is one of the names in apart.py
    """Why the child process gives no text."""
