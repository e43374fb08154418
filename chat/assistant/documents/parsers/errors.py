"""Errors of documents, with messages for the sender."""


class DocumentError(Exception):
    """The document cannot be accepted."""


class TooLargeError(DocumentError):
    """The document exceeds a size limit."""


class ParsersBusyError(DocumentError):
    """Too many documents are being parsed; the sender may retry."""


class ParserFault(Exception):  # noqa: N818 - its text is a key of FAULTS or SIZES in sandbox.py
    """A parser in the child process cannot return a text."""
