"""Who a SockJS session without a credential of its requests belongs to.

Where STOMP's CONNECT brings the token, the requests bring nothing, and a session would be anybody's
who has read its URL. It is bound to what all requests of one page show: the user agent, and the
Origin where there is one. The address is left out: phones change it, and a network may send each
request from another.

Written as a credential, so that other instances relay it like any other: `shown:<hash>:<origin>`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

_PREFIX = "shown:"
# An opaque origin says nothing about whose it is.
_NO_ORIGIN = frozenset({"", "null"})


def shown_by(scope: Mapping[str, Any]) -> str:
    """What a request without a credential shows, in place of the credential."""
    agent = hashlib.sha256(_header(scope, b"user-agent")).hexdigest()[:32]
    origin = _header(scope, b"origin").decode("latin-1").lower()
    return f"{_PREFIX}{agent}:{'' if origin in _NO_ORIGIN else origin}"


def is_shown(credential: str) -> bool:
    """Whether it stands for what a request shows, and is no credential."""
    return credential.startswith(_PREFIX)


def fits(credential: str, known: Iterable[str]) -> bool:
    """Whether a request that shows this may be of those that showed `known`.

    The user agent is the same; so is the Origin, of which a same-origin GET has none.
    """
    agent, origin = _parts(credential)
    others = [_parts(each) for each in known if is_shown(each)]
    origins = {each for _, each in others if each}
    agents = {each for each, _ in others}
    return agent in agents and (not origin or not origins or origin in origins)


def _parts(credential: str) -> tuple[str, str]:
    agent, _, origin = credential.removeprefix(_PREFIX).partition(":")
    return agent, origin


def _header(scope: Mapping[str, Any], name: bytes) -> bytes:
    found: bytes = next((value for key, value in scope["headers"] if key.lower() == name), b"")
    return found
