"""The key set of another issuer, fetched in the background.

A token with a known key never waits: an old set is renewed in the background. A token with an
unknown key waits for a fetch, for a few seconds, with few others. It is refused only if the
issuer's response lacks the key: while the issuer cannot be reached the token may be valid, and a
client that is refused signs its user out. A response that lacked a key counts for all unknown keys
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

from accounts.conf import conf
from accounts.credentials.tokens import refused
from realtime import CredentialError

log = logging.getLogger(__name__)

_MAX_BYTES = 1024 * 1024
_CHUNK_BYTES = 64 * 1024


class IssuerKeys:
    """The keys published at one URL. Thread-safe."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._changed = threading.Condition()
        self._keys: dict[str, Any] = {}
        self._fetched_at: float | None = None
        self._failed_at: float | None = None
        # When the issuer last responded without a key that was looked up.
        self._missing_key_at: float | None = None
        self._is_fetching = False
        # The number of finished fetches, successful or not.
        self._fetches = 0
        self._waiting = 0

    def key(self, kid: str) -> Any:
        """Return the public key with this id. Raises `CredentialError`: AUTH_ERROR for a key that
        the issuer does not have, UNAVAILABLE while its keys cannot be fetched.
        """
        now = time.monotonic()
        with self._changed:
            known = self._usable(now)
            if kid in known:
                if self._age(now) >= conf().jwks_lifespan_s and self._may_fetch(now):
                    self._begin_fetch()
                return known[kid]
            if not self._is_fetching:
                if self._missed_key_lately(now):
                    raise refused()
                if not self._may_fetch(now):
                    raise _unavailable()
            self._wait_for_fetch()
            if kid not in self._keys:
                self._missing_key_at = time.monotonic()
                raise refused()
            return self._keys[kid]

    def _usable(self, now: float) -> dict[str, Any]:
        return self._keys if self._age(now) < conf().jwks_stale_s else {}

    def _age(self, now: float) -> float:
        return float("inf") if self._fetched_at is None else now - self._fetched_at

    def _may_fetch(self, now: float) -> bool:
        """Whether a fetch may begin, some time after a failed one."""
        if self._is_fetching:
            return False
        return self._failed_at is None or now - self._failed_at >= conf().jwks_retry_s

    def _missed_key_lately(self, now: float) -> bool:
        """Whether the issuer has recently responded without a key that was looked up."""
        missing_key_at = self._missing_key_at
        return missing_key_at is not None and now - missing_key_at < conf().jwks_cooldown_s

    def _begin_fetch(self) -> None:
        self._is_fetching = True
        threading.Thread(target=self._fetch, name="issuer-keys", daemon=True).start()

    def _wait_for_fetch(self) -> None:
        """Wait for the issuer's response. Raises `CredentialError` UNAVAILABLE if there is none."""
        if self._waiting >= conf().jwks_waiting:
            raise _unavailable()
        if not self._is_fetching:
            self._begin_fetch()
        self._waiting += 1
        ended = self._fetches
        try:
            in_time = self._changed.wait_for(
                lambda: self._fetches != ended, timeout=conf().jwks_timeout_s
            )
        finally:
            self._waiting -= 1
        if not in_time or self._failed_at is not None:
            raise _unavailable()

    def _fetch(self) -> None:
        keys: dict[str, Any] | None = None
        try:
            keys = _parse(_download(self._url))
        except _FETCH_ERRORS as error:
            log.warning("the issuer's keys cannot be fetched from %s: %s", self._url, error)
        finally:
            with self._changed:
                self._is_fetching = False
                self._fetches += 1
                if keys is None:
                    self._failed_at, self._missing_key_at = time.monotonic(), None
                else:
                    self._keys, self._failed_at = keys, None
                    self._fetched_at = time.monotonic()
                self._changed.notify_all()


def _download(url: str) -> bytes:
    """Return the body. Raises OSError, also after the overall timeout, and HTTPException."""
    timeout = conf().jwks_timeout_s
    deadline = time.monotonic() + timeout
    chunks: list[bytes] = []
    # The URL is the operator's. `timeout` applies to each read, and the deadline to all of them.
    with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310
        while chunk := answer.read1(_CHUNK_BYTES):
            chunks.append(chunk)
            if sum(map(len, chunks)) > _MAX_BYTES:
                raise OSError(f"expected at most {_MAX_BYTES} bytes of keys, got more")
            if time.monotonic() > deadline:
                raise TimeoutError(f"the keys did not come within {timeout} s")
    return b"".join(chunks)


def _parse(body: bytes) -> dict[str, Any]:
    """Return `{kid: key}`. Raises PyJWTError, ValueError or TypeError."""
    value = json.loads(body)
    if not isinstance(value, dict):
        raise TypeError(f"expected a key set, got {type(value).__name__}")
    rows = jwt.PyJWKSet.from_dict(value).keys
    return {row.key_id: row.key for row in rows if row.key_id and row.public_key_use in _USES}


# Exceptions of a fetch when the server is unreachable or serves no key set.
_FETCH_ERRORS = (
    http.client.HTTPException,
    OSError,
    PyJWTError,
    RecursionError,
    TypeError,
    ValueError,
)
# Keys for encryption verify no signatures.
_USES = (None, "sig")


def _unavailable() -> CredentialError:
    return CredentialError(
        "UNAVAILABLE",
        "The issuer's keys cannot be had at present",
        retry_after=conf().jwks_retry_s,
    )
