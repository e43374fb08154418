"""What servers refuse of a request, and what has been learned of each.

A request that a server refuses is made again without the feature that it may have been refused
for. What the server then takes is remembered for the life of the process.
"""

import re
from enum import Enum
from typing import Final

from chat.assistant.generators.prompt import Message


class Feature(Enum):
    """What a request may do without."""

    # That the usage is told at the end: older servers, and Mistral, refuse fields that they do not
    # know.
    STREAM_OPTIONS = "stream_options"
    # Templates without a place for it: Gemma 2, Mistral 7B.
    SYSTEM_ROLE = "system role"


Features = frozenset[Feature]
ALL: Final[Features] = frozenset(Feature)

_INVALID: Final = frozenset({400, 422})
# llama.cpp answers 500 where a template raises.
_TEMPLATE: Final = _INVALID | {500}
_SYSTEM_ROLE: Final = re.compile(
    r"system.{0,20}role|role.{0,40}system|roles must alternate", re.IGNORECASE | re.DOTALL
)
_NAMED: Final = re.compile(r"stream.?o[a-z]+s|include.?usage", re.IGNORECASE)
# Not named, and nothing else is either.
_UNNAMED: Final = re.compile(
    r"unknown|unrecogni[sz]ed|unsupported|unexpected|additional|extra|forbidden|invalid|malformed"
    r"|\bbad\b|not (?:permitted|supported|allowed)|validation",
    re.IGNORECASE,
)
_OTHER_CAUSE: Final = re.compile(
    r"context|too (?:long|large|many)|maximum|model|\bkey\b|content.?(?:filter|policy|management)",
    re.IGNORECASE,
)
# Of an error's body: what it is about stands at the beginning.
_LOOKED_AT: Final = 4_000

_known: dict[tuple[str, str], Features] = {}


def known(base_url: str, model: str) -> Features:
    """What the server takes, as far as is known."""
    return _known.get((base_url, model), ALL)


def remember(base_url: str, model: str, features: Features) -> None:
    """Note what the server has taken."""
    _known[base_url, model] = features


def refused(status: int, body: str, sent: Features) -> Feature | None:
    """The feature that a request may have been refused for, if any."""
    body = body[:_LOOKED_AT]
    if Feature.SYSTEM_ROLE in sent and status in _TEMPLATE and _SYSTEM_ROLE.search(body):
        return Feature.SYSTEM_ROLE
    if Feature.STREAM_OPTIONS in sent and status in _INVALID:
        is_unnamed = _UNNAMED.search(body) and not _OTHER_CAUSE.search(body)
        if not body.strip() or _NAMED.search(body) or is_unnamed:
            return Feature.STREAM_OPTIONS
    return None


def without_system_role(messages: list[Message]) -> list[Message]:
    """The same messages with the instructions at the beginning of the first of the user's."""
    system, first, *rest = messages
    content = f"{system['content']}\n\n{first['content']}"
    return [{"role": "user", "content": content}, *rest]
