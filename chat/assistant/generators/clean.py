"""Makes a model's text storable in every database and valid for every client."""

_HIGH = range(0xD800, 0xDC00)


class Cleaner:
    """One per answer: a surrogate pair may be split between two parts."""

    def __init__(self) -> None:
        self._half = ""

    def clean(self, part: str) -> str:
        """Remove NUL, and join or replace surrogates. A half at the end is held back."""
        text = self._half + part.replace("\0", "")
        self._half = ""
        if text and ord(text[-1]) in _HIGH:
            text, self._half = text[:-1], text[-1]
        if text.isascii():
            return text
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def finish(self) -> str:
        """U+FFFD for a half that was held back."""
        half, self._half = self._half, ""
        return "\N{REPLACEMENT CHARACTER}" if half else ""
