"""Corrections of the standard library that the running Python may lack.

`http.cookies._unquote`, by which Django reads a quoted cookie, takes quadratic time in the number
of its backslashes (CVE-2024-7592): a header of 64 KiB stops a process for seconds, before anybody
has signed in.
"""

import re
import sys
from http import cookies

# The first release of each branch that unquotes in linear time; later branches all do.
_FIXED = {(3, 11): (3, 11, 10), (3, 12): (3, 12, 6)}
# `\012` is the character of that octal number; any other escaped character is itself.
_ESCAPED = re.compile(r"\\(?:([0-3][0-7][0-7])|(.))")


def apply() -> None:
    """Replace the running Python's faulty functions; called once, when the application starts."""
    if sys.version_info[:3] < _FIXED.get(sys.version_info[:2], (0, 0, 0)):
        cookies._unquote = unquote  # type: ignore[assignment]


def unquote(text: str | None) -> str | None:
    """A cookie's value without its quotation marks and escapes, in linear time."""
    if text is None or len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    return _ESCAPED.sub(_decode_escape, text[1:-1])


def _decode_escape(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 8)) if escape[1] else escape[2]
