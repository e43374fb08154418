"""Which origins may use the cookie. A page of another site can send it, but not hide its origin.

Pure, as the settings use it before Django is set up.
"""

import re
from collections.abc import Collection

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
# `Sec-Fetch-Site` of requests that no other site's page made; "none" is the address bar, a
# bookmark.
_OWN_SITES = ("", "same-origin", "none")
_LABEL = r"[a-z0-9_-]+"
_LABELS = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
# A pattern has at least two labels after the `*`: below a single one are unrelated sites.
_ORIGIN = re.compile(
    rf"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    rf"(?:\*\.{_LABEL}(?:\.{_LABEL})+|{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])(?::[0-9]{{1,5}})?"
)
_WILDCARD = "://*."
# The origin that browsers send for files, many webviews, and sandboxed frames: it may be anybody's.
_OPAQUE = "null"


def is_foreign(origin: str, *, site: str, scheme: str, host: str, allowed: Collection[str]) -> bool:
    """Whether the requesting page is neither the server's own (`scheme` and `host`) nor allowed.

    A no-cors GET, as of an image, has no Origin: then `site`, the browser's `Sec-Fetch-Site`,
    decides. A request with neither comes from a program, and is not foreign. The Origin "null" is
    foreign even where it is allowed: every site can create a frame that has it.
    """
    if not origin:
        return site.strip().lower() not in _OWN_SITES
    if is_opaque(origin):
        return True
    return _normal(origin) != _normal(f"{scheme}://{host}") and not is_allowed(origin, allowed)


def is_opaque(origin: str) -> bool:
    """Whether this is the Origin "null", which does not identify a site."""
    return _normal(origin) == _OPAQUE


def is_allowed(origin: str, allowed: Collection[str]) -> bool:
    """Whether one of `allowed` is this origin or a pattern that matches it.

    `https://*.example.com` matches every origin with one label or more in place of the `*`, of the
    same scheme and port: neither `https://example.com` itself, nor `https://evilexample.com`, nor
    `https://example.com.evil`.
    """
    asking = _normal(origin)
    return any(_fits(asking, _normal(one)) for one in allowed)


def refuse_bad_origins(origins: Collection[str]) -> None:
    """Raise `ValueError` for the first that is neither an origin nor a pattern of origins."""
    for origin in origins:
        if not _ORIGIN.fullmatch(_normal(origin)):
            raise ValueError(
                f"{origin!r} is no origin: expected scheme://host[:port], as https://example.com,"
                " or https://*.example.com for all subdomains of a name with at least one dot."
            )


def _fits(origin: str, allowed: str) -> bool:
    before, wildcard, after = allowed.partition(_WILDCARD)
    if not wildcard:
        return origin == allowed
    start, end = f"{before}://", f".{after}"
    if not (origin.startswith(start) and origin.endswith(end)):
        return False
    # Whole labels may stand in between: no user, port, path or empty label.
    return _LABELS.fullmatch(origin[len(start) : -len(end)]) is not None


def _normal(origin: str) -> str:
    origin = origin.strip().rstrip("/").lower()
    scheme, _, _ = origin.partition("://")
    return origin.removesuffix(_DEFAULT_PORTS.get(scheme, "\0"))
