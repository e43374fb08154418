"""Between calls and httpx: where the server is, who asks, how long an answer may take."""

import inspect
from collections.abc import Callable
from typing import TypeVar

import httpx

from bellwire_client.answers import Answer, Failure
from bellwire_client.call import Call
from bellwire_client.version import __version__

T = TypeVar("T")

# A host of the same company answers in milliseconds. One that is gone shall be given up while
# another instance can still be tried.
CONNECT_S = 5.0
# A send to 10,000 users is one transaction of seconds, and may wait for another that holds them.
# Giving up earlier would only repeat it.
READ_S = 30.0
# A body is 1 MiB at most: a peer that takes none of it for so long is not reading.
WRITE_S = 10.0
# For a free connection of this client's own, when more threads ask than it keeps (100).
POOL_S = 30.0
TIMEOUTS = httpx.Timeout(connect=CONNECT_S, read=READ_S, write=WRITE_S, pool=POOL_S)

# What no second try would change: the request itself is impossible.
_HOPELESS = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class HttpTransport:
    """One server's REST door, as one service knocks at it."""

    def __init__(self, url: str, key: str, timeout: httpx.Timeout | float) -> None:
        parsed = httpx.URL(url)
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ValueError(f"expected an http(s) URL, got {url!r}")
        # A key that was read from a file or a secret often brings its line's end.
        key = key.strip()
        if not (key and key.isascii() and key.isprintable()):
            raise ValueError("expected a service key, as `manage.py create_service_key` prints it")
        self.url = url.rstrip("/")
        self._headers = {
            "Authorization": f"Api-Key {key}",
            "User-Agent": f"bellwire-client/{__version__}",
        }
        self._timeout = timeout

    def request(self, http: httpx.Client | httpx.AsyncClient, call: Call[T]) -> httpx.Request:
        return http.build_request(
            call.method,
            self.url + call.path,
            content=call.body,
            headers={**self._headers, **call.headers()},
            timeout=self._timeout,
        )


def answer_of(response: httpx.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, response.content)


def failure_of(error: httpx.RequestError) -> Failure:
    passes = isinstance(error, httpx.TransportError) and not isinstance(error, _HOPELESS)
    return Failure(error, passes)


def describe(
    method: Callable[..., object],
    build: Callable[..., object],
    *,
    name: str = "",
    doc: str | None = None,
) -> None:
    """Give a client's method the parameters of the call that it makes, and its name and words."""
    method.__name__ = name or build.__name__
    method.__doc__ = doc or build.__doc__
    me = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    signature = inspect.signature(build)
    method.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[me, *signature.parameters.values()],
        return_annotation=inspect.Signature.empty,
    )
