"""The ASGI application: who answers what. The one place where engine and domains meet."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()

# Models can be imported only now.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from accounts.gate import AccountsGate  # noqa: E402
from config.doors import around_http, limit_concurrency, no_such_socket  # noqa: E402
from notifications.topics import personal_topics  # noqa: E402
from realtime import executor  # noqa: E402
from realtime.runtime import Runtime  # noqa: E402
from realtime.transports.websocket import SocketConsumer  # noqa: E402

# The pool serves the engine's threads as well.
_REQUESTS = max(settings.BELLWIRE_DB_POOL - executor.THREADS, 1)

runtime = Runtime(gate=AccountsGate())

_socket = SocketConsumer.as_asgi(runtime=runtime)
_notifications = SocketConsumer.as_asgi(runtime=runtime, topics=personal_topics)

application = runtime.around(
    ProtocolTypeRouter(
        {
            "http": around_http(limit_concurrency(django_application, at_once=_REQUESTS)),
            "websocket": no_such_socket(
                URLRouter(
                    [
                        path("ws", _socket),
                        path("ws-connect", _socket),
                        path("notification/ws/notifications", _socket),
                        path("api/v1/notifications/ws", _notifications),
                    ]
                )
            ),
        }
    )
)
