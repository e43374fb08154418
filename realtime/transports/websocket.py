"""WebSockets: a thin Channels consumer around a conversation.

It has no channel of its own (the hub has one per process), and it skips Channels' thread hop before
every message, which is meant for consumers that use the ORM on the event loop.
"""

from collections.abc import Mapping
from typing import Any

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

from realtime.fanout.outbox import SocketWriter
from realtime.protocol.frames import Frame
from realtime.protocols.conversation import Conversation, Topics
from realtime.protocols.json.codec import SUBPROTOCOL
from realtime.protocols.stomp.codec import SUBPROTOCOLS as STOMP_SUBPROTOCOLS
from realtime.registries.stream_views import StreamViewFactory
from realtime.runtime import Runtime
from realtime.transports.asgi.non_blocking_send import Send
from realtime.transports.asgi.writers import DIRECT, AsgiWriter

TRANSPORT = "websocket"


class SocketConsumer(AsyncConsumer):  # type: ignore[misc]  # channels has no types
    """A WebSocket connection.

    `topics`, or `view_factory` with the path's `id`, gives the initial subscriptions; such an
    endpoint uses JSON. Without them, the subprotocol or the first message determines the protocol.
    """

    channel_layer_alias = "none"

    def __init__(
        self,
        *,
        runtime: Runtime,
        topics: Topics | None = None,
        view_factory: StreamViewFactory | None = None,
    ) -> None:
        self._runtime = runtime
        self._topics = topics
        self._view_factory = view_factory
        self._conversation: Conversation | None = None

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        self.scope = scope
        self.base_send = send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            if self._conversation is not None:
                await self._conversation.ended()

    async def dispatch(self, message: Mapping[str, Any]) -> None:
        match message["type"]:
            case "websocket.receive":
                if self._conversation is not None:
                    text = message.get("text")
                    # A binary frame is handled as the text frame that it should have been.
                    payload = message.get("bytes") if text is None else text.encode()
                    await self._conversation.receive(payload or b"")
            case "websocket.connect":
                await self._connect()
            case "websocket.disconnect":
                raise StopConsumer

    async def _connect(self) -> None:
        subprotocol = self._choose(self.scope["subprotocols"])
        await self.base_send({"type": "websocket.accept", "subprotocol": subprotocol})
        direct = self.scope.get("extensions", {}).get(DIRECT)
        writer: SocketWriter[Frame] = direct or self._asgi_writer()
        self._conversation = Conversation(
            runtime=self._runtime,
            scope=self.scope,
            writer=writer,
            transport=TRANSPORT,
            subprotocol=subprotocol,
            topics=self._topics,
            view_factory=self._view_factory,
            patient=False,
        )
        if direct is not None:
            direct.attach(
                on_resume=self._conversation.resume,
                on_pong=self._conversation.touch,
                count=self._conversation.count,
            )
        await self._conversation.open()

    def _choose(self, offered: list[str]) -> str | None:
        """Return the best offered subprotocol; clients disagree about whose order counts."""
        known = [SUBPROTOCOL, *([] if self._topics or self._view_factory else STOMP_SUBPROTOCOLS)]
        return next((name for name in known if name in offered), None)

    def _asgi_writer(self) -> AsgiWriter:
        # daphne sets no version of the specification; every other server does.
        daphne = "spec_version" not in self.scope["asgi"]
        return AsgiWriter(self.base_send, on_resume=self._resume, daphne=daphne)

    def _resume(self) -> None:
        if self._conversation is not None:
            self._conversation.resume()
