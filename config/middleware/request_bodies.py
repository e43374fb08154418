"""Checks a request's URL and size, and reads its body before the application runs.

A client that sends slowly thus holds a connection, but no slot, thread or database connection. The
bytes of all bodies together are limited. (Django's handler would spool a body of any size to disk,
and DRF takes a chunked one for empty.)
"""

from collections import deque
from collections.abc import Mapping
from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from api.conf import conf
from config.middleware.admission.byte_budget import ByteBudget, Holding
from config.middleware.admission.clients import address_of
from config.middleware.refusals import RETRY_AFTER_S, Refusal, refuse

# Bytes of each body that the budget does not count. The server's own buffer of a connection is
# larger, and few bodies exceed this: documents, and long lists of recipients.
UNCOUNTED_BYTES = 16 * 1024
# Largest share of the budget for one address. Four concurrent documents are ordinary for a service,
# and a client with a single address cannot use up everybody's budget.
MAX_ADDRESS_SHARE = 0.5
# Smaller chunks are joined up to this size. Each byte is copied at most about twice as a result.
MERGED_BYTES = 4 * 1024

# PostgreSQL stores no NUL, and no legitimate path or query contains one.
_NUL = Refusal(400, "INVALID", "The address holds a NUL character")
_LONG_PATH = Refusal(414, "MESSAGE_TOO_LARGE", "The path is longer than is allowed")
_TOO_LARGE = Refusal(413, "MESSAGE_TOO_LARGE", "The body is larger than is allowed")
_NO_ROOM = Refusal(
    503, "UNAVAILABLE", "Too many large requests are under way. Try again.", RETRY_AFTER_S
)


class RefusalError(Exception):
    """The body is refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class DisconnectedError(Exception):
    """The client disconnected while it sent the body."""


def read_bodies(application: Any, budget: ByteBudget) -> ASGI3Application:
    """Wrap the application, so that it receives complete bodies of a known, limited length."""

    async def with_body(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if refusal := _refusal(scope, headers):
            await refuse(send, refusal)
            return
        chunked = b"content-length" not in headers and b"transfer-encoding" in headers
        if not chunked and not _length(headers):
            await application(scope, receive, send)
            return
        holding = budget.hold(address_of(scope))
        try:
            chunks, size = await _read(receive, holding)
            whole: Any = scope
            if chunked:
                length = (b"content-length", str(size).encode())
                whole = {**scope, "headers": [*scope["headers"], length]}
            await application(whole, _replay(chunks, receive), _releasing(send, holding))
        except RefusalError as error:
            await refuse(send, error.refusal)
        except DisconnectedError:
            pass  # Nobody is there to receive a response.
        finally:
            holding.release()

    return with_body


def count_bodies(application: Any, budget: ByteBudget) -> ASGI3Application:
    """Wrap an application that reads its bodies itself, and count their bytes in the budget."""

    async def counted(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        holding = budget.hold(address_of(scope))

        async def counting() -> Any:
            message = await receive()
            if message["type"] == "http.request" and not holding.grow(len(message["body"])):
                raise RefusalError(_NO_ROOM)
            return message

        try:
            await application(scope, counting, _releasing(send, holding))
        except RefusalError as error:
            await refuse(send, error.refusal)
        finally:
            holding.release()

    return counted


def _refusal(scope: Any, headers: Mapping[bytes, bytes]) -> Refusal | None:
    if b"%00" in scope["query_string"] or "\0" in scope["path"]:
        return _NUL
    if len(scope["path"]) > conf().max_path_chars:
        return _LONG_PATH
    if _length(headers) > conf().max_body_bytes:
        return _TOO_LARGE
    return None


async def _read(receive: ASGIReceiveCallable, holding: Holding) -> tuple[deque[bytes], int]:
    """Return the chunks of the body and its size. They are not joined, as each join would copy the
    whole body again.
    """
    chunks: deque[bytes] = deque()
    size = 0
    limit = conf().max_body_bytes
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise DisconnectedError
        chunk = message["body"]
        size += len(chunk)
        if size > limit:
            raise RefusalError(_TOO_LARGE)
        if not holding.grow(len(chunk)):
            raise RefusalError(_NO_ROOM)
        # Each chunk costs about a hundred bytes of memory, even one of a single byte.
        if chunks and len(chunks[-1]) + len(chunk) <= MERGED_BYTES:
            chunks[-1] += chunk
        else:
            chunks.append(chunk)
        if not message["more_body"]:
            return chunks, size


def _replay(chunks: deque[bytes], receive: ASGIReceiveCallable) -> Any:
    """Return a `receive` that yields the body, then the server's further messages."""

    async def replay() -> Any:
        if not chunks:
            return await receive()
        chunk = chunks.popleft()
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

    return replay


def _releasing(send: ASGISendCallable, holding: Holding) -> Any:
    """Return a `send` that releases the body's bytes once a response begins: a stream may last
    long.
    """

    async def sending(message: Any) -> None:
        holding.release()
        await send(message)

    return sending


def _length(headers: Mapping[bytes, bytes]) -> int:
    # The server has already refused a value that is no number.
    text = headers.get(b"content-length", b"")
    return int(text) if text.isdigit() else 0
