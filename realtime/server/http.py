"""uvicorn's HTTP protocol, with a way for a stream to cut a client that does not read."""

from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from realtime.transports.http import ABORT

# nginx allows as much; a bare server should not take more.
MAX_HEADER_BYTES = 64 * 1024


class StreamProtocol(HttpToolsProtocol):
    """ASGI knows only the polite end of a response, which waits for the reader."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._header_bytes = 0
        scope = cast("dict[str, Any]", self.scope)
        scope["extensions"] = {ABORT: self.transport.abort}

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > MAX_HEADER_BYTES:
            # The parser hands it on as a request that cannot be read: 400, and the end.
            raise HeaderTooLargeError


class HeaderTooLargeError(Exception):
    """A request line and headers over the limit."""
