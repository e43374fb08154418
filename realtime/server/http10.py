"""Responses to HTTP/1.0, which has no chunks: without a length, they end with the connection.

uvicorn writes `Transfer-Encoding: chunked` for any version of the request; an HTTP/1.0 client reads
the chunk sizes as a part of the text.
"""

from typing import Any

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

# No body is this long. uvicorn counts down the announced length to 0.
_UNKNOWN_LENGTH = 2**63


class CloseDelimitedCycle(RequestResponseCycle):
    """One request and its response."""

    @override
    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start" and not self.response_started:
            names = {name.lower() for name, _ in message.get("headers", ())}
            is_empty = self.scope["method"] == "HEAD" or message["status"] in (204, 304)
            if b"content-length" not in names and not is_empty:
                self.chunked_encoding = False
                self.expected_content_length = _UNKNOWN_LENGTH
                self.keep_alive = False
        elif self.expected_content_length > _UNKNOWN_LENGTH // 2 and not message.get("more_body"):
            self.expected_content_length = len(message.get("body", b""))
        await super().send(message)
