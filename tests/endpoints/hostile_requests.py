"""A client of the JSON WebSocket that can also say what no good client says."""

import json
import uuid
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.support.deadlines import PATIENCE_S

NOTIFICATIONS = "/api/v1/notifications/ws"

Frame = dict[str, Any]
Closed = tuple[int, str]


class RawWebSocket:
    """One WebSocket; `with` it, so that it is closed. The greeting is not read for you."""

    def __init__(
        self,
        server_url: str,
        path: str = NOTIFICATIONS,
        *,
        token: str = "",
        headers: dict[str, str] | None = None,
        subprotocols: Iterable[str] = (),
        deaf: bool = False,
        **query: str,
    ) -> None:
        own = {"Authorization": f"Bearer {token}"} if token else {}
        self.connection: ClientConnection = connect(
            f"{server_url}{path}" + (f"?{urlencode(query)}" if query else ""),
            additional_headers={**own, **(headers or {})},
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            compression=None,
            ping_interval=None,
            # Whatever is sent stays to be read, even if it is a thousand answers. The deaf one
            # leaves it with the server.
            max_queue=1 if deaf else None,
            close_timeout=1 if deaf else PATIENCE_S,
            proxy=None,
            legacy=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.close()

    # --- saying -----------------------------------------------------------------------------

    def send_message(self, kind: str, data: Any = None, **more: Any) -> None:
        """A command as the protocol has it."""
        self.say_text(json.dumps({"type": kind, "data": data or {}, **more}))

    def say_text(self, text: str) -> None:
        """Any text frame."""
        self.connection.send(text)

    def say_bytes(self, payload: bytes) -> None:
        """A binary frame."""
        self.connection.send(payload)

    def say_raw_text(self, payload: bytes) -> None:
        """A text frame of bytes that need not be UTF-8."""
        with self.connection.send_context():
            self.connection.protocol.send_text(payload)

    # --- hearing ----------------------------------------------------------------------------

    def receive(self, timeout_s: float = PATIENCE_S) -> Frame:
        """The next frame. Raises `TimeoutError`, and `ConnectionClosed` when it is over."""
        frame: Frame = json.loads(self.connection.recv(timeout_s))
        return frame

    def receive_until(self, fits: Callable[[Frame], bool]) -> Frame:
        """The first frame that fits; those before it are passed over."""
        while True:
            frame = self.receive()
            if fits(frame):
                return frame

    def receive_answer(self, ref: Any) -> Frame:
        """The frame with this `ref`."""
        return self.receive_until(lambda frame: frame.get("ref") == ref)

    def receive_error(self) -> Frame:
        """The next error."""
        return self.receive_until(lambda frame: frame["type"] == "error")

    def receive_greeting(self) -> Frame:
        """`connected`, which must come first; and what belongs to it, up to the last topic."""
        greeting = self.receive()
        assert greeting["type"] == "connected", greeting
        for _ in greeting["subscriptions"]:
            assert self.receive()["type"] == "subscribed"
        return greeting

    def receive_the_end(self) -> tuple[list[Frame], Closed]:
        """Every frame that still comes, and with which code and reason it ends."""
        frames: list[Frame] = []
        while True:
            try:
                frames.append(self.receive())
            except ConnectionClosed as closed:
                end = closed.rcvd
                return frames, (end.code, end.reason) if end else (1006, "")

    def receive_its_refusal(self) -> tuple[str, Closed]:
        """The code of the one error that a refused connection is told, and the close.

        Fails at once where it is let in: its end would never come.
        """
        first = self.receive()
        assert first["type"] == "error", first
        others, closed = self.receive_the_end()
        assert not others
        return first["code"], closed

    # --- both -------------------------------------------------------------------------------

    def answers(self) -> bool:
        """Whether a ping is answered now."""
        ref = uuid.uuid4().hex
        self.send_message("ping", ref=ref)
        return bool(self.receive_answer(ref)["type"] == "pong")
