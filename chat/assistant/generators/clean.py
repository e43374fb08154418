"""Text as it comes from a model, made such that every database and every client takes it."""

_HIGH = range(0xD800, 0xDC00)


class Cleaner:
    """One per answer: half of a character may come at the end of a piece."""

    def __init__(self) -> None:
        self._half = ""

    def clean(self, piece: str) -> str:
        """Without NUL, with halves of characters joined or replaced. A half at the end waits."""
        text = self._half + piece.replace("\0", "")
        self._half = ""
        if text and ord(text[-1]) in _HIGH:
            text, self._half = text[:-1], text[-1]
        if text.isascii():
            return text
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def finish(self) -> str:
        """U+FFFD for a half that waited in vain."""
        half, self._half = self._half, ""
        return "\N{REPLACEMENT CHARACTER}" if half else ""
