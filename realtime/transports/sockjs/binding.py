"""Binds a SockJS session to its client if the requests carry no credential.

If the token comes with STOMP's CONNECT, the requests carry none, and anybody who has read a
session's URL could use it. So it is bound to properties that all requests of a page share: the user
agent, and the Origin if there is one. The address is not used: phones change it, and a network may
send each request from another one.

The value has the form of a credential, so that other instances can relay it like one:
`shown:<hash>:<origin>`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

_PREFIX = "shown:"
# An opaque origin does not identify a page.
_NO_ORIGIN = frozenset({"", "null"})


def binding_of(scope: Mapping[str, Any]) -> str:
    """Return the stand-in for the credential of a request without one."""
    agent = hashlib.sha256(_header(scope, b"user-agent")).hexdigest()[:32]
    origin = _header(scope, b"origin").decode("latin-1").lower()
    return f"{_PREFIX}{agent}:{'' if origin in _NO_ORIGIN else origin}"


def is_binding(credential: str) -> bool:
    """Return whether a credential is such a stand-in."""
    return credential.startswith(_PREFIX)


def matches(credential: str, known: Iterable[str]) -> bool:
    """Return whether a request with this stand-in may belong to the client that used `known`.

    The user agent must be the same; so must the Origin, which a same-origin GET does not have.
    """
    agent, origin = _parts(credential)
    others = [_parts(each) for each in known if is_binding(each)]
    origins = {each for _, each in others if each}
    agents = {each for each, _ in others}
    return agent in agents and (not origin or not origins or origin in origins)


def _parts(credential: str) -> tuple[str, str]:
    agent, _, origin = credential.removeprefix(_PREFIX).partition(":")
    return agent, origin


def _header(scope: Mapping[str, Any], name: bytes) -> bytes:
    found: bytes = next((value for key, value in scope["headers"] if key.lower() == name), b"")
    return found
