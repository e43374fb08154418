"""One encoded message, encoded once and shared by every connection that is sent it."""


class Frame:
    """A text message in the forms that the transports need.

    `payload` is UTF-8. `encoded` is the whole unmasked WebSocket text frame (RFC 6455 §5.2), ready
    for a transport that takes raw bytes. `sockjs` is the same message in SockJS framing, which
    realtime.transports.sockjs.framing builds when the first SockJS session asks for it.
    """

    __slots__ = ("_text", "encoded", "payload", "sockjs")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.encoded = header(len(payload)) + payload
        self._text: str | None = None
        self.sockjs: Frame | None = None

    @property
    def text(self) -> str:
        """The payload as text, decoded at most once."""
        if self._text is None:
            self._text = self.payload.decode()
        return self._text

    def __len__(self) -> int:
        return len(self.payload)


def header(length: int) -> bytes:
    """Return the header of an unmasked, final text frame of `length` bytes."""
    if length < 126:
        return bytes((0x81, length))
    if length < 65_536:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")
