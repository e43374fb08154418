"""Why a document cannot be read, in a sentence for who sent it."""


class DocumentError(Exception):
    """A document that cannot be taken."""


class TooLargeError(DocumentError):
    """One that is larger than a limit allows."""
