"""The key set of another issuer, fetched beside the requests.

A token whose key is known is never held up: an old set is renewed in the background. One whose key
is not known waits for a fetch, for a few seconds, with few others; such a fetch is begun seldom,
however many keys are invented.
"""

import http.client
import json
import logging
import threading
import time
import urllib.request
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from accounts import limits
from accounts.tokens import refused
from realtime.principal import CredentialError

log = logging.getLogger(__name__)

_MAX_BYTES = 1024 * 1024
_CHUNK_BYTES = 64 * 1024


class IssuerKeys:
    """The keys that are published at one URL. For use by many threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._changed = threading.Condition()
        self._keys: dict[str, Any] = {}
        self._fetched_at: float | None = None
        self._failed_at: float | None = None
        self._is_fetching = False
        self._waiting = 0

    def key(self, kid: str) -> Any:
        """The public key of that id. Raises `CredentialError`: AUTH_ERROR for a key that the issuer
        does not have, UNAVAILABLE while its keys cannot be had."""
        now = time.monotonic()
        with self._changed:
            known = self._usable(now)
            if kid in known:
                if self._age(now) >= limits.limit("JWKS_LIFESPAN_S") and self._may_fetch(now):
                    self._begin_fetch()
                return known[kid]
            if not (self._is_fetching or self._may_look_up(now)):
                raise refused() if known else _away()
            self._wait_for_fetch()
            known = self._usable(time.monotonic())
            if kid in known:
                return known[kid]
            raise refused() if known else _away()

    def _usable(self, now: float) -> dict[str, Any]:
        return self._keys if self._age(now) < limits.limit("JWKS_STALE_S") else {}

    def _age(self, now: float) -> float:
        return float("inf") if self._fetched_at is None else now - self._fetched_at

    def _may_fetch(self, now: float) -> bool:
        """Whether the issuer, if it has failed last, may be asked again."""
        if self._is_fetching:
            return False
        return self._failed_at is None or now - self._failed_at >= limits.limit("JWKS_RETRY_S")

    def _may_look_up(self, now: float) -> bool:
        """Whether an unknown key may cause a fetch."""
        return self._age(now) >= limits.limit("JWKS_COOLDOWN_S") and self._may_fetch(now)

    def _begin_fetch(self) -> None:
        self._is_fetching = True
        threading.Thread(target=self._fetch, name="issuer-keys", daemon=True).start()

    def _wait_for_fetch(self) -> None:
        if self._waiting >= limits.limit("JWKS_WAITING"):
            raise _away()
        if not self._is_fetching:
            self._begin_fetch()
        self._waiting += 1
        try:
            self._changed.wait_for(
                lambda: not self._is_fetching, timeout=limits.limit("JWKS_TIMEOUT_S")
            )
        finally:
            self._waiting -= 1

    def _fetch(self) -> None:
        keys: dict[str, Any] | None = None
        try:
            keys = _parsed(_downloaded(self._url))
        except _UNREADABLE as error:
            log.warning("the issuer's keys cannot be fetched from %s: %s", self._url, error)
        finally:
            with self._changed:
                self._is_fetching = False
                if keys is None:
                    self._failed_at = time.monotonic()
                else:
                    self._keys, self._failed_at = keys, None
                    self._fetched_at = time.monotonic()
                self._changed.notify_all()


def _downloaded(url: str) -> bytes:
    """The body. Raises OSError, also where it takes too long altogether, and HTTPException."""
    timeout = limits.limit("JWKS_TIMEOUT_S")
    deadline = time.monotonic() + timeout
    parts: list[bytes] = []
    # The URL is the operator's. Its timeout is for each read: the deadline is for all of them.
    with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310
        while part := answer.read1(_CHUNK_BYTES):
            parts.append(part)
            if sum(map(len, parts)) > _MAX_BYTES:
                raise OSError(f"expected at most {_MAX_BYTES} bytes of keys, got more")
            if time.monotonic() > deadline:
                raise TimeoutError(f"the keys did not come within {timeout} s")
    return b"".join(parts)


def _parsed(body: bytes) -> dict[str, Any]:
    """`{kid: key}`. Raises PyJWTError, ValueError or TypeError."""
    value = json.loads(body)
    if not isinstance(value, dict):
        raise TypeError(f"expected a key set, got {type(value).__name__}")
    rows = jwt.PyJWKSet.from_dict(value).keys
    return {row.key_id: row.key for row in rows if row.key_id and row.public_key_use in _USES}


# What fetching raises where the server is away, or is none that serves a key set.
_UNREADABLE = (
    http.client.HTTPException,
    OSError,
    PyJWTError,
    RecursionError,
    TypeError,
    ValueError,
)
# A key for encryption signs nothing.
_USES = (None, "sig")


def _away() -> CredentialError:
    return CredentialError(
        "UNAVAILABLE",
        "The issuer's keys cannot be had at present",
        retry_after=limits.limit("JWKS_RETRY_S"),
    )
