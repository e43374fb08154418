"""Whose pages may use the cookie. Another site's page can send it, but cannot hide its Origin."""

from collections.abc import Collection

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def is_foreign(origin: str, *, scheme: str, host: str, allowed: Collection[str]) -> bool:
    """Whether `origin` is neither the server's own (`scheme` and `host`, as seen) nor allowed.

    No Origin at all is not a browser's cross-site request: not foreign. "null" is.
    """
    if not origin:
        return False
    mine = _normal(f"{scheme}://{host}")
    return _normal(origin) not in {mine, *map(_normal, allowed)}


def _normal(origin: str) -> str:
    origin = origin.strip().rstrip("/").lower()
    scheme, _, _ = origin.partition("://")
    return origin.removesuffix(_DEFAULT_PORTS.get(scheme, "\0"))
