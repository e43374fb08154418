"""Between calls and httpx: the server's URL, the key, and the timeouts."""

import inspect
from collections.abc import Callable
from typing import TypeVar

import httpx

from bellwire_client.call import Call
from bellwire_client.outcomes import Answer, Failure
from bellwire_client.version import __version__

T = TypeVar("T")

# A host on the same network responds within milliseconds. One that is down should be given up while
# there is time to try another instance.
CONNECT_S = 5.0
# A send to 10,000 users is one transaction of some seconds, and may wait for another that locks the
# same users. Giving up earlier would only repeat it.
READ_S = 30.0
# A body is a few MiB at most: a peer that accepts none of it for so long is not reading.
WRITE_S = 10.0
# Wait for a free connection of this client, if more than 100 threads use it.
POOL_S = 30.0
TIMEOUTS = httpx.Timeout(connect=CONNECT_S, read=READ_S, write=WRITE_S, pool=POOL_S)

# Errors of the request itself, which no retry would change.
_IMPOSSIBLE = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class HttpTransport:
    """The connection of one service to one server."""

    def __init__(self, url: str, key: str, timeout: httpx.Timeout | float) -> None:
        parsed = httpx.URL(url)
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ValueError(f"expected an http(s) URL, got {url!r}")
        # A key that was read from a file or a secret often ends with a newline.
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
    is_transient = isinstance(error, httpx.TransportError) and not isinstance(error, _IMPOSSIBLE)
    return Failure(error, is_transient)


def describe(
    method: Callable[..., object],
    build: Callable[..., object],
    *,
    name: str = "",
    doc: str | None = None,
) -> None:
    """Give a client's method the parameters, name and docstring of the call that it makes."""
    method.__name__ = name or build.__name__
    method.__doc__ = doc or build.__doc__
    me = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    signature = inspect.signature(build)
    method.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[me, *signature.parameters.values()],
        return_annotation=inspect.Signature.empty,
    )
