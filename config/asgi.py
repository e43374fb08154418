"""The ASGI application: routes each path to its endpoint, and joins the engine with the domains."""

import os
from functools import partial
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()

# Models can be imported only after `get_asgi_application` has set Django up.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from accounts.credentials.gate import AccountsGate  # noqa: E402
from chat.assistant.streaming import endpoints as answer_endpoints  # noqa: E402
from chat.rooms.live import stream_views as room_views  # noqa: E402
from config.conf import conf  # noqa: E402
from config.health import endpoints  # noqa: E402
from config.middleware.admission.queue import Admission  # noqa: E402
from config.middleware.admission.response_buffer import ResponseBudget  # noqa: E402
from config.middleware.admission.sign_in_queue import queue_sign_ins  # noqa: E402
from config.middleware.admission.slots import limit_concurrency  # noqa: E402
from config.middleware.http_stack import body_budget, refuse_unknown_sockets, wrap_http  # noqa: E402
from config.middleware.query_strings import limit_query_fields  # noqa: E402
from config.middleware.request_bodies import count_bodies  # noqa: E402
from config.middleware.static_files import StaticFiles  # noqa: E402
from notifications.live import stream_views as notification_views  # noqa: E402
from notifications.live.topics import personal_topics  # noqa: E402
from realtime import (  # noqa: E402
    Runtime,
    SocketConsumer,
    SockJSRoutes,
    any_topics,
    executor,
    long_poll,
    sse,
    with_lifespan,
)

# The connection pool also serves the engine's threads.
_REQUESTS = max(conf().db_pool - executor.THREADS, 1)

runtime = Runtime(gate=AccountsGate())

_socket = SocketConsumer.as_asgi(runtime=runtime)
_notifications = SocketConsumer.as_asgi(runtime=runtime, topics=personal_topics)
_room = SocketConsumer.as_asgi(runtime=runtime, view_factory=room_views.events)
_assistant = SocketConsumer.as_asgi(runtime=runtime, topics=lambda _: ())
admission = Admission(
    _REQUESTS,
    waiting=conf().waiting_requests,
    wait_s=conf().wait_s,
    per_lane=conf().requests_per_client or max(_REQUESTS // 3, 2),
)
sign_ins = Admission(
    min(conf().sign_ins_at_once, max(_REQUESTS // 4, 1)),
    waiting=conf().sign_ins_waiting,
    wait_s=conf().wait_s,
)
# The sign-in queue stands outside the request slots: a sign-in that waits occupies none of them.
_django: Any = StaticFiles(
    queue_sign_ins(
        limit_concurrency(django_application, admission, ResponseBudget(conf().answer_bytes)),
        sign_ins,
    )
)

_SOCKETS = [
    path("ws", _socket),
    path("ws-connect", _socket),
    path("notification/ws/notifications", _socket),
    path("api/v1/notifications/ws", _notifications),
    path("ws/room/<str:id>", _room),
    path("ws/chat", _assistant),
    path("api/v1/matching/chat/<str:id>/ws", _room),
]
_STREAMS = [
    path("sse", sse(runtime=runtime, view_factory=any_topics)),
    path("sse/notifications", sse(runtime=runtime, view_factory=notification_views.mine)),
    path(
        "sse/chat-rooms/<str:id>/messages", sse(runtime=runtime, view_factory=room_views.messages)
    ),
    path("long-polling", long_poll(runtime=runtime, view_factory=any_topics)),
    path(
        "long-polling/notifications",
        long_poll(runtime=runtime, view_factory=notification_views.mine),
    ),
    path(
        "long-polling/chat-rooms/<str:id>/messages",
        long_poll(runtime=runtime, view_factory=room_views.messages),
    ),
    path("api/v1/chat/message", answer_endpoints.whole(runtime)),
    path("api/v1/chat/stream", answer_endpoints.stream(runtime)),
    path("api/v1/chat/messages/<str:id>/stream", answer_endpoints.resume(runtime)),
]

_PROBES = [
    path("healthz", endpoints.probe(endpoints.healthz)),
    path("readyz", endpoints.probe(endpoints.readyz)),
    path("metrics", endpoints.probe(endpoints.metrics)),
]

_sockjs = SockJSRoutes(
    runtime=runtime,
    tested=conf().sockjs_conformance,
    bases=["/ws", "/ws-connect", "/notification/ws/notifications"],
)

# SockJS has CORS rules of its own and reads its request bodies itself, so it stands outside the
# middleware of the other endpoints.
_bodies = body_budget()
_http = _sockjs.http(
    wrap_http(URLRouter([*_PROBES, *_STREAMS, re_path(r"", _django)]), _bodies),
    around_sending=partial(count_bodies, budget=_bodies),
)

application = with_lifespan(
    runtime,
    ProtocolTypeRouter(
        {
            "http": limit_query_fields(_http),
            "websocket": limit_query_fields(
                refuse_unknown_sockets(URLRouter([*_SOCKETS, *_sockjs.websockets]))
            ),
        }
    ),
)
