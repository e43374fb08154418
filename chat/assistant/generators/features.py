"""Features of requests that some servers refuse.

A refused request is sent again without the feature that probably caused the refusal. The features
that the server accepts are remembered until the process ends.
"""

import re
from enum import Enum
from typing import Final

from chat.assistant.generators.prompt import Message


class Feature(Enum):
    """An optional feature of a request."""

    # Usage at the end of the stream. Older servers, and Mistral, refuse unknown fields.
    STREAM_OPTIONS = "stream_options"
    # Chat templates of Gemma 2 and Mistral 7B have no system role.
    SYSTEM_ROLE = "system role"


Features = frozenset[Feature]
ALL: Final[Features] = frozenset(Feature)

_INVALID: Final = frozenset({400, 422})
# llama.cpp responds with 500 if a template raises.
_TEMPLATE: Final = _INVALID | {500}
_SYSTEM_ROLE: Final = re.compile(
    r"system.{0,20}role|role.{0,40}system|roles must alternate", re.IGNORECASE | re.DOTALL
)
_NAMED: Final = re.compile(r"stream.?o[a-z]+s|include.?usage", re.IGNORECASE)
# An error about an unknown field that names no other cause.
_UNNAMED: Final = re.compile(
    r"unknown|unrecogni[sz]ed|unsupported|unexpected|additional|extra|forbidden|invalid|malformed"
    r"|\bbad\b|not (?:permitted|supported|allowed)|validation",
    re.IGNORECASE,
)
_OTHER_CAUSE: Final = re.compile(
    r"context|too (?:long|large|many)|maximum|model|\bkey\b|content.?(?:filter|policy|management)",
    re.IGNORECASE,
)
# Characters of an error's body that are searched: the cause is at the beginning.
_SEARCHED_CHARS: Final = 4_000

_known: dict[tuple[str, str], Features] = {}


def known(base_url: str, model: str) -> Features:
    """The features that the server accepts, as far as is known."""
    return _known.get((base_url, model), ALL)


def remember(base_url: str, model: str, features: Features) -> None:
    """Remember the features that the server accepted."""
    _known[base_url, model] = features


def refused(status: int, body: str, sent: Features) -> Feature | None:
    """The feature that probably caused a refusal, if any."""
    body = body[:_SEARCHED_CHARS]
    if Feature.SYSTEM_ROLE in sent and status in _TEMPLATE and _SYSTEM_ROLE.search(body):
        return Feature.SYSTEM_ROLE
    if Feature.STREAM_OPTIONS in sent and status in _INVALID:
        is_unnamed = _UNNAMED.search(body) and not _OTHER_CAUSE.search(body)
        if not body.strip() or _NAMED.search(body) or is_unnamed:
            return Feature.STREAM_OPTIONS
    return None


def without_system_role(messages: list[Message]) -> list[Message]:
    """The messages with the instructions moved into the first user message."""
    system, first, *rest = messages
    content = f"{system['content']}\n\n{first['content']}"
    return [{"role": "user", "content": content}, *rest]
