"""Files below `STATIC_URL`, outside the slots: a slow reader holds no thread and no descriptor.

WhiteNoise knows the files and what their answers say; here is only how they are sent.
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

# Read and sent at once, so the most that one reader holds. Most files are a piece or two.
PIECE_BYTES = 256 * 1024
# Request headers that WhiteNoise looks at.
_ASKED = {
    b"accept-encoding": "HTTP_ACCEPT_ENCODING",
    b"if-modified-since": "HTTP_IF_MODIFIED_SINCE",
    b"if-none-match": "HTTP_IF_NONE_MATCH",
    b"range": "HTTP_RANGE",
}


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of a file. It is opened for each piece: a slow reader holds no descriptor."""

    path: str
    start: int
    size: int

    def read(self, offset: int) -> bytes:
        """The piece at `offset`. Raises `OSError`, also if the file is shorter than it was."""
        wanted = min(PIECE_BYTES, self.size - offset)
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            piece = os.pread(descriptor, wanted, self.start + offset)
        finally:
            os.close(descriptor)
        if len(piece) != wanted:
            raise OSError(f"{self.path} changed while it was sent")
        return piece


class StaticFiles:
    """The application, and before it the files."""

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
        status, headers, part = found
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": headers,
                "trailers": False,
            }
        )
        offset = 0
        while part is not None and offset < part.size:
            piece = await asyncio.to_thread(part.read, offset)
            offset += len(piece)
            more = offset < part.size
            await send({"type": "http.response.body", "body": piece, "more_body": more})
        if not offset:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _find(self, scope: Any) -> tuple[int, list[tuple[bytes, bytes]], Part | None] | None:
        """Status, headers and content of the answer; None if there is no such file."""
        files = self._files
        path = scope["path"]
        file = files.find_file(path) if files.autorefresh else files.files.get(path)
        if file is None:
            return None
        asked = {
            _ASKED[name]: value.decode("latin-1")
            for name, value in scope["headers"]
            if name in _ASKED
        }
        response = file.get_response(scope["method"], asked)
        headers = [
            (name.lower().encode(), value.encode("latin-1"))
            for name, value in [*response.headers, *_security_headers(scope)]
        ]
        return int(response.status), headers, _part(response.file, dict(headers))


def _security_headers(scope: Any) -> list[tuple[str, str]]:
    """What Django's `SecurityMiddleware` adds to every answer of ours."""
    answer = HttpResponse()
    del answer["Content-Type"]
    SecurityMiddleware(lambda _: answer).process_response(ASGIRequest(scope, BytesIO()), answer)
    return list(answer.items())


def _part(file: Any, headers: dict[bytes, bytes]) -> Part | None:
    if file is None:
        return None
    with file:
        # A range's file is wrapped, and stands where the range begins.
        inner = getattr(file, "fileobj", file)
        return Part(inner.name, inner.tell(), int(headers[b"content-length"]))
