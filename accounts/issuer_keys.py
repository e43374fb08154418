"""The key set of another issuer, fetched beside the requests.

A token whose key is known is never held up: an old set is renewed in the background. One whose key
is not known waits for a fetch, for a few seconds, with few others. Only an answer of the issuer
that lacks the key refuses the token: where it could not be asked the token may be good, and a
client that is refused signs its user out. An answer that lacked a key holds for all unknown keys
for a while, so that invented ones cause few fetches.
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
from realtime import CredentialError

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
        # When an unknown key was looked up last, and the issuer answered without it.
        self._lacked_at: float | None = None
        self._is_fetching = False
        # Fetches that have ended, either way.
        self._ended = 0
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
            if not self._is_fetching:
                if self._lacked_lately(now):
                    raise refused()
                if not self._may_fetch(now):
                    raise _away()
            self._wait_for_fetch()
            if kid not in self._keys:
                self._lacked_at = time.monotonic()
                raise refused()
            return self._keys[kid]

    def _usable(self, now: float) -> dict[str, Any]:
        return self._keys if self._age(now) < limits.limit("JWKS_STALE_S") else {}

    def _age(self, now: float) -> float:
        return float("inf") if self._fetched_at is None else now - self._fetched_at

    def _may_fetch(self, now: float) -> bool:
        """Whether the issuer, if it has failed last, may be asked again."""
        if self._is_fetching:
            return False
        return self._failed_at is None or now - self._failed_at >= limits.limit("JWKS_RETRY_S")

    def _lacked_lately(self, now: float) -> bool:
        """Whether the issuer's last answer, to a question for an unknown key, is still new."""
        lacked_at = self._lacked_at
        return lacked_at is not None and now - lacked_at < limits.limit("JWKS_COOLDOWN_S")

    def _begin_fetch(self) -> None:
        self._is_fetching = True
        threading.Thread(target=self._fetch, name="issuer-keys", daemon=True).start()

    def _wait_for_fetch(self) -> None:
        """Have the issuer's answer. Raises `CredentialError` UNAVAILABLE if there is none."""
        if self._waiting >= limits.limit("JWKS_WAITING"):
            raise _away()
        if not self._is_fetching:
            self._begin_fetch()
        self._waiting += 1
        ended = self._ended
        try:
            in_time = self._changed.wait_for(
                lambda: self._ended != ended, timeout=limits.limit("JWKS_TIMEOUT_S")
            )
        finally:
            self._waiting -= 1
        if not in_time or self._failed_at is not None:
            raise _away()

    def _fetch(self) -> None:
        keys: dict[str, Any] | None = None
        try:
            keys = _parsed(_downloaded(self._url))
        except _UNREADABLE as error:
            log.warning("the issuer's keys cannot be fetched from %s: %s", self._url, error)
        finally:
            with self._changed:
                self._is_fetching = False
                self._ended += 1
                if keys is None:
                    self._failed_at, self._lacked_at = time.monotonic(), None
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
