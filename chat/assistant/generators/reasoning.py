"""Takes a model's reasoning out of its text, where the server has left it in. Pure.

Reasoning models think between `<think>` and `</think>` before they answer; a server without a
parser for it sends this as a part of the text. Blocks at the beginning are taken out as they come.
A later `<think>` may as well be what the answer is about, so it is held back until its end is seen,
and is shown if it has none; one behind a backtick is a quotation.
"""

import re
from typing import Final

from chat.assistant import limits

# `[THINK]` is Mistral's, `<thought>` is Gemini's.
_TAGS: Final = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "[think]": "[/think]",
}
_LATER: Final = "<think>"
_LATER_OPEN: Final = re.compile(r"(?<!`)<think>", re.ASCII | re.IGNORECASE)
_CLOSE: Final = {
    close: re.compile(re.escape(close), re.ASCII | re.IGNORECASE) for close in _TAGS.values()
}


class ReasoningFilter:
    """One per answer."""

    def __init__(self) -> None:
        self._pending = ""
        # The tag that ends the block which the text is in; "" outside of one.
        self._close = ""
        self._is_at_start = True
        self._has_removed = False
        self._before = ""

    @property
    def is_inside(self) -> bool:
        """Whether the text so far ends inside of a block."""
        return bool(self._close)

    def feed(self, text: str) -> str:
        """What is surely a part of the answer."""
        self._pending += text
        shown = ""
        while True:
            before = self._pending, self._close, self._is_at_start
            shown += self._step()
            if not self._pending or before == (self._pending, self._close, self._is_at_start):
                return shown

    def finish(self, *, complete: bool) -> str:
        """What was held back. A block without an end is reasoning in an answer that was cut off."""
        text, self._pending = self._pending, ""
        if self._close and (self._is_at_start or not complete):
            return ""
        return text if text.strip() or not self._is_at_start else ""

    def _step(self) -> str:
        if self._close:
            return self._inside()
        return self._start() if self._is_at_start else self._later()

    def _start(self) -> str:
        """Before the first character of the answer."""
        text = self._pending.lstrip()
        head = text[:12].lower()
        for tag, close in _TAGS.items():
            if head.startswith(tag):
                self._pending, self._close = text[len(tag) :], close
                return ""
        if not text or any(tag.startswith(head) for tag in _TAGS):
            return ""
        self._is_at_start = False
        if self._has_removed:
            self._pending = text
        return ""

    def _inside(self) -> str:
        """Inside of a block."""
        end = _CLOSE[self._close].search(self._pending)
        if end is not None:
            self._pending, self._close = self._pending[end.end() :], ""
            self._has_removed = True
        elif self._is_at_start:
            # Only what may be the beginning of its end is kept.
            self._pending = self._pending[1 - len(self._close) :]
        elif len(self._pending) > limits.ANSWER_CHARS:
            shown, self._pending, self._close = self._pending, "", ""
            return self._emit(shown)
        return ""

    def _later(self) -> str:
        """In the text of the answer."""
        # What was shown last says whether a backtick stands before.
        text = self._before + self._pending
        begin = _LATER_OPEN.search(text)
        if begin is not None:
            shown, self._pending = text[len(self._before) : begin.start()], text[begin.start() :]
            self._close = _TAGS[_LATER]
            return self._emit(shown)
        held = next(
            (
                size
                for size in range(min(len(_LATER) - 1, len(self._pending)), 0, -1)
                if _LATER.startswith(self._pending[-size:].lower())
            ),
            0,
        )
        cut = len(self._pending) - held
        shown, self._pending = self._pending[:cut], self._pending[cut:]
        return self._emit(shown)

    def _emit(self, shown: str) -> str:
        self._before = shown[-1:] or self._before
        return shown
