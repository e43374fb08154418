from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

django_application = get_asgi_application()

from realtime import (  # noqa: E402 - models can be imported only now
    Runtime,
    SessionGate,
    SocketConsumer,
    any_topics,
    long_poll,
    sse,
    with_lifespan,
)

runtime = Runtime(gate=SessionGate())
# Where the client library looks for a WebSocket. It subscribes to what the page asks for.
socket = SocketConsumer.as_asgi(runtime=runtime, topics=lambda _: ())
sockets = [path("api/v1/notifications/ws", socket)]
# The library's fallbacks, for networks without WebSockets.
streams = [
    path("sse", sse(runtime=runtime, view_factory=any_topics)),
    path("long-polling", long_poll(runtime=runtime, view_factory=any_topics)),
]
application = with_lifespan(
    runtime,
    ProtocolTypeRouter(
        {
            "http": URLRouter([*streams, re_path("", django_application)]),
            "websocket": URLRouter(sockets),
        }
    ),
)
