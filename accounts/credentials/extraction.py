"""Finds the credential of a request in its headers, query and cookies. Pure.

The first of these that is present counts; if it is invalid, the others are not tried:

    1. `Authorization: Bearer <token>` or `Authorization: Api-Key <key>`
    2. `?ticket=`
    3. `?token=`, `?access_token=`
    4. the cookie `access_token`

Explicit credentials come before those that a browser adds by itself. An `Authorization` of another
scheme (a proxy's `Basic`) is not for us and is ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from django.http import parse_cookie

ACCESS_COOKIE = "access_token"
REFRESH_COOKIE = "refresh_token"
_TOKEN_PARAMETERS = ("token", "access_token")


class Kind(StrEnum):
    """How a credential was sent."""

    BEARER = "bearer"
    API_KEY = "api_key"
    TICKET = "ticket"
    QUERY = "query"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret as it was sent. Its repr, which may end up in logs, does not show the text."""

    kind: Kind
    text: str = field(repr=False)


_SCHEMES = {"bearer": Kind.BEARER, "api-key": Kind.API_KEY}


def find(
    authorization: str, query: Mapping[str, str], cookies: Mapping[str, str]
) -> Credential | None:
    """Return the credential that counts, or None. `authorization` is the header, "" if absent."""
    scheme, _, rest = authorization.strip().partition(" ")
    if kind := _SCHEMES.get(scheme.lower()):
        return Credential(kind, rest.strip())
    if ticket := query.get("ticket"):
        return Credential(Kind.TICKET, ticket)
    for name in _TOKEN_PARAMETERS:
        if token := query.get(name):
            return Credential(Kind.QUERY, token)
    if cookie := cookies.get(ACCESS_COOKIE):
        return Credential(Kind.COOKIE, cookie)
    return None


@dataclass(frozen=True, slots=True)
class Handshake:
    """The parts of an ASGI scope for authentication. Absent headers are ""; scheme is http(s).

    `site` is `Sec-Fetch-Site`: the relation of the requesting page to this server.
    """

    scheme: str
    host: str
    origin: str
    site: str
    credential: Credential | None


def read_scope(scope: Mapping[str, Any], *, proto_header: str = "") -> Handshake:
    """Read an ASGI scope, `http` or `websocket`.

    `proto_header` is the header, if any, in which a trusted proxy sends the outer scheme.
    """
    headers: dict[str, str] = {}
    for name, value in scope.get("headers", ()):
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}; {text}" if key == "cookie" and key in headers else text
    query = dict(parse_qsl(bytes(scope.get("query_string", b"")).decode("latin-1")))
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", ""), scope.get("scheme", ""))
    outer = headers.get(proto_header, "").partition(",")[0].strip()
    return Handshake(
        scheme=outer or scheme or "http",
        host=headers.get("host", ""),
        origin=headers.get("origin", ""),
        site=headers.get("sec-fetch-site", ""),
        credential=find(
            headers.get("authorization", ""), query, parse_cookie(headers.get("cookie", ""))
        ),
    )
