"""Removes a model's reasoning from its text, if the server has left it in. Pure.

Reasoning models write between `<think>` and `</think>` before they answer; a server without a
parser for it sends this as part of the text. Blocks at the beginning are removed as they arrive. A
later `<think>` may be part of the answer, so it is held back until its end tag, and shown if there
is none; one after a backtick is a quotation.
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
        # The end tag of the current block; "" outside of a block.
        self._close = ""
        self._is_at_start = True
        self._has_removed = False
        self._before = ""

    @property
    def is_inside(self) -> bool:
        """Whether the text so far ends inside a block."""
        return bool(self._close)

    def feed(self, text: str) -> str:
        """Add text; return what certainly belongs to the answer."""
        self._pending += text
        shown = ""
        while True:
            before = self._pending, self._close, self._is_at_start
            shown += self._step()
            if not self._pending or before == (self._pending, self._close, self._is_at_start):
                return shown

    def finish(self, *, complete: bool) -> str:
        """Return what was held back. In an incomplete answer, an unclosed block is reasoning."""
        text, self._pending = self._pending, ""
        if self._close and (self._is_at_start or not complete):
            return ""
        return text if text.strip() or not self._is_at_start else ""

    def _step(self) -> str:
        if self._close:
            return self._inside()
        return self._start() if self._is_at_start else self._later()

    def _start(self) -> str:
        """Process text before the first character of the answer."""
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
        """Process text inside a block."""
        end = _CLOSE[self._close].search(self._pending)
        if end is not None:
            self._pending, self._close = self._pending[end.end() :], ""
            self._has_removed = True
        elif self._is_at_start:
            # Keep only a possible beginning of the end tag.
            self._pending = self._pending[1 - len(self._close) :]
        elif len(self._pending) > limits.ANSWER_CHARS:
            shown, self._pending, self._close = self._pending, "", ""
            return self._emit(shown)
        return ""

    def _later(self) -> str:
        """Process text of the answer."""
        # The last character shown tells whether a backtick precedes.
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
