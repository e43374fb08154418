"""Whose pages may use the cookie. Another site's page can send it, but cannot hide where it is."""

from collections.abc import Collection

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
# `Sec-Fetch-Site` of what no other site's page asked for; "none" is the address bar, a bookmark.
_OWN_SITES = ("", "same-origin", "none")


def is_foreign(origin: str, *, site: str, scheme: str, host: str, allowed: Collection[str]) -> bool:
    """Whether a page asked that is neither the server's own (`scheme` and `host`) nor allowed.

    A no-cors GET, as an image's, has no Origin: there `site`, the browser's `Sec-Fetch-Site`,
    decides. A request with neither is a program's, and not foreign. The Origin "null" is foreign.
    """
    if not origin:
        return site.strip().lower() not in _OWN_SITES
    mine = _normal(f"{scheme}://{host}")
    return _normal(origin) not in {mine, *map(_normal, allowed)}


def _normal(origin: str) -> str:
    origin = origin.strip().rstrip("/").lower()
    scheme, _, _ = origin.partition("://")
    return origin.removesuffix(_DEFAULT_PORTS.get(scheme, "\0"))
