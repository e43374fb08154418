"""What the Channels tutorial teaches: a consumer a client, and a group that all of them join.

REDIS_URL chooses the Redis pub/sub layer; without it the layer is in memory, and a connection to
`/publish` orders events. It asks nobody who they are and keeps no log, which is less work than
Bellwire does.
"""

import json
import os
from typing import Any

import django
from django.conf import settings

_redis_url = os.environ.get("REDIS_URL")
settings.configure(
    SECRET_KEY="benchmark",
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [_redis_url]},
        }
        if _redis_url
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    },
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from benchmarks.events import events  # noqa: E402


class NotificationConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    async def connect(self) -> None:
        await self.channel_layer.group_add("broadcast", self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard("broadcast", self.channel_name)

    async def notification(self, event: dict[str, Any]) -> None:
        await self.send(
            text_data=json.dumps(
                {"type": "notification", "topic": "broadcast", "data": event["data"]}
            )
        )


class PublishConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    async def receive(self, text_data: str = "", bytes_data: bytes = b"") -> None:
        for data in events(text_data):
            await self.channel_layer.group_send("broadcast", {"type": "notification", "data": data})


application = ProtocolTypeRouter(
    {
        "websocket": URLRouter(
            [
                path("ws", NotificationConsumer.as_asgi()),
                path("publish", PublishConsumer.as_asgi()),
            ]
        )
    }
)
