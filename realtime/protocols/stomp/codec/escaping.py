r"""Header text, per version.

    1.0   no escapes
    1.1   \n is LF, \c is a colon, \\ is a backslash
    1.2   \r is CR too

What a version has no escape for (LF in 1.0, CR in 1.0 and 1.1, NUL in all: legacy clients cut the
stream at every NUL) is written as a space.
"""

import re
from collections.abc import Mapping
from typing import Final

from realtime.protocols.stomp.codec.errors import StompError
from realtime.protocols.stomp.codec.versions import Version

_ESCAPES: Final[Mapping[Version, Mapping[str, str]]] = {
    Version.V10: {},
    Version.V11: {"\\": "\\\\", "\n": "\\n", ":": "\\c"},
    Version.V12: {"\\": "\\\\", "\n": "\\n", ":": "\\c", "\r": "\\r"},
}
_UNWRITABLE = {"\n": " ", "\r": " ", "\0": " "}
_VALUES = {
    version: str.maketrans({**_UNWRITABLE, **escapes}) for version, escapes in _ESCAPES.items()
}
# In 1.0 a name ends at the first colon.
_NAMES = {**_VALUES, Version.V10: str.maketrans({**_UNWRITABLE, ":": " "})}
_MEANINGS = {
    version: {written: char for char, written in escapes.items()}
    for version, escapes in _ESCAPES.items()
}
_ESCAPE = re.compile(r"\\.?", re.DOTALL)

# 1.0 shows `name: value`; later versions keep every space (1.2, Value Encoding).
_BLANKS = " \t"


def escape_name(name: str, version: Version) -> str:
    """Return the name as it is written before the colon; empty if it cannot be written."""
    written = name.translate(_NAMES[version])
    return written.strip(_BLANKS) if version is Version.V10 else written


def escape_value(value: str, version: Version) -> str:
    """Return the value as it is written after the colon."""
    return value.translate(_VALUES[version])


def unescape(text: str, version: Version) -> str:
    """Decode escapes. Raises StompError on an escape that the version does not define."""
    if version is Version.V10:
        return text.strip(_BLANKS)
    if "\\" not in text:
        return text
    meanings = _MEANINGS[version]

    def meant(match: re.Match[str]) -> str:
        meaning = meanings.get(match.group())
        if meaning is None:
            raise StompError(
                "Undefined escape in a header",
                f"STOMP {version} defines {' '.join(sorted(meanings))}, got {match.group()!r}",
            )
        return meaning

    return _ESCAPE.sub(meant, text)
