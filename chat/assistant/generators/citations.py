"""Finds the passages that an answer cites, and renumbers its citations. Pure.

The prompt numbers all retrieved passages; an answer cites some. Its sources are the cited passages
in order of first citation, and its citations are renumbered to positions in that list, so that
`[1]` is the first source. Code is left unchanged.
"""

import re
from collections.abc import Sequence
from typing import Final

from chat.assistant.retrieval import Passage

# A run of backticks, the end of a line, or numbers in brackets; some models write 【1】.
_TOKEN: Final = re.compile(r"(`+)|(\n)|[\[【](\d{1,3}(?: ?, ?\d{1,3}){0,9})[\]】]")
# A possible beginning of a token, held back until more text arrives.
_BEGUN: Final = re.compile(r"(?:(?<!`)`++|[\[【][\d ,]{0,60})\Z")
# Backticks that open a code block; code with fewer ends with its line.
_FENCE: Final = 3


class Citations:
    """One per answer. `used` lists the passages cited so far, each once."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.used: list[Passage] = []
        self._passages = passages
        self._pending = ""
        # The backticks that opened the current code; "" outside of code.
        self._code = ""

    def feed(self, text: str) -> str:
        """The complete part of the text so far, with renumbered citations."""
        text = self._pending + text
        begun = _BEGUN.search(text)
        cut = begun.start() if begun else len(text)
        text, self._pending = text[:cut], text[cut:]
        return _TOKEN.sub(self._token, text)

    def finish(self) -> str:
        """The text that was held back."""
        text, self._pending = self._pending, ""
        return text

    def _token(self, match: re.Match[str]) -> str:
        backticks, line_end, numbers = match.groups()
        if line_end and len(self._code) < _FENCE:
            self._code = ""
        elif backticks and not self._code:
            self._code = backticks
        elif backticks == self._code:
            self._code = ""
        elif numbers and not self._code:
            return self._numbered(numbers) or match.group()
        return match.group()

    def _numbered(self, numbers: str) -> str:
        places = [self._place(int(number)) for number in numbers.split(",")]
        known = dict.fromkeys(place for place in places if place)
        return f"[{', '.join(map(str, known))}]" if known else ""

    def _place(self, number: int) -> int:
        """The position in `used` of the passage with this number; 0 if there is none."""
        if not 1 <= number <= len(self._passages):
            return 0
        passage = self._passages[number - 1]
        if passage not in self.used:
            self.used.append(passage)
        return self.used.index(passage) + 1
