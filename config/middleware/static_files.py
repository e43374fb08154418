"""Static files below `STATIC_URL`, outside the slots: a slow client holds no thread or descriptor.

WhiteNoise finds the files and makes their headers; this module sends them.
"""

import asyncio
import os
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.middleware.security import SecurityMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware

# Read and sent at once, so it is the memory of one client. Most files have one or two chunks.
CHUNK_BYTES = 256 * 1024
# Request headers that WhiteNoise uses.
_REQUEST_HEADERS = {
    b"accept-encoding": "HTTP_ACCEPT_ENCODING",
    b"if-modified-since": "HTTP_IF_MODIFIED_SINCE",
    b"if-none-match": "HTTP_IF_NONE_MATCH",
    b"range": "HTTP_RANGE",
}


@dataclass(frozen=True, slots=True)
class FileRange:
    """A range of bytes in a file. The file is opened for each chunk: a slow client holds no
    descriptor.
    """

    path: str
    start: int
    size: int

    def read(self, offset: int) -> bytes:
        """Return the chunk at `offset`. Raises `OSError`, also if the file has become shorter."""
        expected = min(CHUNK_BYTES, self.size - offset)
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            chunk = os.pread(descriptor, expected, self.start + offset)
        finally:
            os.close(descriptor)
        if len(chunk) != expected:
            raise OSError(f"{self.path} changed while it was sent")
        return chunk


class StaticFiles:
    """Serves static files, and passes other requests to the application."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._files = WhiteNoiseMiddleware(application)

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._files.static_prefix):
            await self._application(scope, receive, send)
            return
        found = await asyncio.to_thread(self._find, scope)
        if found is None:
            await self._application(scope, receive, send)
            return
        status, headers, file_range = found
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": headers,
                "trailers": False,
            }
        )
        offset = 0
        while file_range is not None and offset < file_range.size:
            chunk = await asyncio.to_thread(file_range.read, offset)
            offset += len(chunk)
            more = offset < file_range.size
            await send({"type": "http.response.body", "body": chunk, "more_body": more})
        if not offset:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _find(self, scope: Any) -> tuple[int, list[tuple[bytes, bytes]], FileRange | None] | None:
        """Return status, headers and content of the response; None if there is no such file."""
        files = self._files
        path = scope["path"]
        file = files.find_file(path) if files.autorefresh else files.files.get(path)
        if file is None:
            return None
        request_headers = {
            _REQUEST_HEADERS[name]: value.decode("latin-1")
            for name, value in scope["headers"]
            if name in _REQUEST_HEADERS
        }
        response = file.get_response(scope["method"], request_headers)
        headers = [
            (name.lower().encode(), value.encode("latin-1"))
            for name, value in [*response.headers, *_security_headers(scope)]
        ]
        return int(response.status), headers, _file_range(response.file, dict(headers))


def _security_headers(scope: Any) -> list[tuple[str, str]]:
    """Return the headers that Django's `SecurityMiddleware` adds to every response."""
    answer = HttpResponse()
    del answer["Content-Type"]
    SecurityMiddleware(lambda _: answer).process_response(ASGIRequest(scope, BytesIO()), answer)
    return list(answer.items())


def _file_range(file: Any, headers: dict[bytes, bytes]) -> FileRange | None:
    if file is None:
        return None
    with file:
        # WhiteNoise wraps the file of a range request, positioned at the beginning of the range.
        inner = getattr(file, "fileobj", file)
        return FileRange(inner.name, inner.tell(), int(headers[b"content-length"]))
