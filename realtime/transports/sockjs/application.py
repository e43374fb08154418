"""SockJS 0.3.3 over HTTP: one ASGI application for everything below the base URLs.

/  /info  /iframe*.html                              requested before a session is opened
/{server}/{session}/xhr, /jsonp                      polls: one frame per response
/{server}/{session}/xhr_streaming, /eventsource, /htmlfile
/{server}/{session}/xhr_send, /jsonp_send            messages of the client
/websocket, /{server}/{session}/websocket            in websocket.py
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from realtime.database.health import is_unavailable
from realtime.protocol.principal import CredentialError
from realtime.transports.asgi.non_blocking_send import Send
from realtime.transports.http import Receive, RefusalError, refusal, unavailable
from realtime.transports.sockjs.headers import cors, preflight
from realtime.transports.sockjs.pages import (
    Page,
    answer,
    empty,
    greeting,
    iframe,
    info,
    not_found,
    text,
)
from realtime.transports.sockjs.receive import STREAMS, poll, stream
from realtime.transports.sockjs.send import jsonp_send, xhr_send
from realtime.transports.sockjs.services import Service
from realtime.transports.sockjs.session_registry import SessionRegistry, SessionRequest
from realtime.transports.sockjs.timeouts import ID_LENGTH

_IFRAME = re.compile(r"/iframe[0-9a-z._-]*\.html\Z")
_SESSION = re.compile(
    rf"/[^/.]{{1,{ID_LENGTH}}}/(?P<session>[^/.]{{1,{ID_LENGTH}}})/(?P<transport>[a-z_]+)\Z"
)

# Endpoints that read the bodies of their requests.
_SENDING = ("/xhr_send", "/jsonp_send")

Endpoint = Callable[[SessionRegistry, SessionRequest, Receive, Send], Any]

# The method and the endpoint of each transport.
_TRANSPORTS: Mapping[str, tuple[str, Endpoint]] = {
    "xhr": ("POST", poll),
    "jsonp": ("GET", poll),
    "xhr_send": ("POST", xhr_send),
    "jsonp_send": ("POST", jsonp_send),
    **{name: (kind.method, stream) for name, kind in STREAMS.items()},
}


def sockjs(
    *,
    registry: SessionRegistry,
    services: Mapping[str, Service],
    otherwise: Any,
    around_sending: Callable[[Any], Any] = lambda application: application,
) -> Any:
    """Return the ASGI application; requests outside all base URLs are passed to `otherwise`.

    It sets its own CORS headers, and must not run behind other middleware that does.
    `around_sending` is middleware for the requests whose bodies are read.
    """

    async def own(scope: Any, receive: Receive, send: Send) -> None:
        found = _service(services, scope["path"])
        assert found is not None  # noqa: S101 - it was looked for before
        base, service = found
        await _answer(registry, base, service, scope, receive, send)

    sending = around_sending(own)

    async def application(scope: Any, receive: Receive, send: Send) -> None:
        found = _service(services, scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await otherwise(scope, receive, send)
        elif scope["path"].endswith(_SENDING):
            await sending(scope, receive, send)
        else:
            await own(scope, receive, send)

    return application


def _service(services: Mapping[str, Service], path: str) -> tuple[str, Service] | None:
    for base, service in services.items():
        if path == base or path.startswith(f"{base}/"):
            return base, service
    return None


async def _answer(
    registry: SessionRegistry, base: str, service: Service, scope: Any, receive: Receive, send: Send
) -> None:
    rest = scope["path"].removeprefix(base)
    page = _page(rest)
    if page is not None:
        if await _is_method("GET", scope, send):
            await page(service, scope, send)
        return
    found = _SESSION.match(rest)
    transport = found["transport"] if found else ""
    if rest == "/websocket" or transport == "websocket":
        await _no_upgrade(service, scope, send)
    elif found and transport in _TRANSPORTS:
        method, endpoint = _TRANSPORTS[transport]
        if await _is_method(method, scope, send):
            await _serve(
                endpoint,
                registry,
                SessionRequest(base, found["session"], service, scope),
                receive,
                send,
            )
    else:
        await not_found(send)


async def _serve(
    endpoint: Endpoint,
    registry: SessionRegistry,
    request: SessionRequest,
    receive: Receive,
    send: Send,
) -> None:
    try:
        await endpoint(registry, request, receive, send)
    # Both are raised while the session's user is looked up, before anything is sent.
    except CredentialError as error:
        refused = error.as_realtime_error()
        await _refuse(
            request, send, refusal(refused.code, error.message, retry_after=error.retry_after)
        )
    except Exception as error:
        if not is_unavailable(error):
            raise
        await _refuse(request, send, unavailable())


async def _refuse(request: SessionRequest, send: Send, error: RefusalError) -> None:
    again = (b"retry-after", b"%d" % error.retry_after)
    body = orjson.dumps({"code": error.code, "message": error.message})
    kind = b"application/json; charset=UTF-8"
    await answer(send, error.status, kind, body, [again, *cors(request.scope)])


def _page(rest: str) -> Page | None:
    if rest in ("", "/"):
        return greeting
    if rest == "/info":
        return info
    return iframe if _IFRAME.match(rest) else None


async def _is_method(method: str, scope: Any, send: Send) -> bool:
    if scope["method"] == method:
        return True
    if scope["method"] == "OPTIONS":
        await empty(send, 204, preflight(scope, method.encode()))
    else:
        await empty(send, 405, [(b"allow", f"OPTIONS, {method}".encode())])
    return False


async def _no_upgrade(service: Service, scope: Any, send: Send) -> None:
    """Respond to an HTTP request for a WebSocket's path."""
    headers = {name.lower(): value.lower() for name, value in scope["headers"]}
    if not service.websocket:
        await not_found(send)
    elif scope["method"] != "GET":
        await empty(send, 405, [(b"allow", b"GET")])
    elif headers.get(b"upgrade") != b"websocket":
        await text(send, 400, b'Can "Upgrade" only to "WebSocket".')
    else:
        await text(send, 400, b'"Connection" must be "Upgrade".')
