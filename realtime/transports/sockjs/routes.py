"""The SockJS endpoints, ready to be mounted: one HTTP application, and routes for WebSockets."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.urls import re_path

from realtime.runtime import Runtime
from realtime.transports.sockjs.application import sockjs
from realtime.transports.sockjs.services import Service, conformance, conversation
from realtime.transports.sockjs.session_registry import SessionRegistry
from realtime.transports.sockjs.timeouts import ID_LENGTH
from realtime.transports.sockjs.websocket import SockJSConsumer
from realtime.transports.websocket import SocketConsumer

_ID = rf"[^/.]{{1,{ID_LENGTH}}}"


class SockJSRoutes:
    """`bases` are the paths below which SockJS is served; the bare paths are plain WebSockets.

    `tested` adds the services that the protocol's own test suite uses.
    """

    def __init__(self, *, runtime: Runtime, bases: Sequence[str], tested: bool = False) -> None:
        self._runtime = runtime
        own = conversation(runtime)
        self._own: Mapping[str, Service] = dict.fromkeys(bases, own)
        self._tested: Mapping[str, Service] = conformance() if tested else {}
        self._registry = SessionRegistry(runtime)

    def http(self, otherwise: Any, around_sending: Callable[[Any], Any]) -> Any:
        """Return the HTTP application for the bases; other paths are passed to `otherwise`.

        `around_sending` is middleware for the requests whose bodies are read.
        """
        return sockjs(
            registry=self._registry,
            services={**self._own, **self._tested},
            otherwise=otherwise,
            around_sending=around_sending,
        )

    @property
    def websockets(self) -> list[Any]:
        """Routes for Channels' `URLRouter`."""
        plain = SocketConsumer.as_asgi(runtime=self._runtime)
        routes = []
        for base, service in self._own.items():
            routes.append(_route(f"{base}/websocket", plain))
            routes.append(_framed(base, service))
        for base, service in self._tested.items():
            bare = SockJSConsumer.as_asgi(service=service, framed=False)
            routes.append(_route(f"{base}/websocket", bare))
            routes.append(_framed(base, service))
        return routes


def _framed(base: str, service: Service) -> Any:
    path = rf"^{re.escape(base[1:])}/{_ID}/{_ID}/websocket$"
    return re_path(path, SockJSConsumer.as_asgi(service=service))


def _route(path: str, application: Any) -> Any:
    return re_path(rf"^{re.escape(path[1:])}$", application)
