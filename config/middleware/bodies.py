"""A request's characters, size and body, before anybody acts on it.

The body is read whole before the application runs: a client that sends slowly holds a connection,
and no slot, thread or database connection. What all bodies take together is bounded. (Django's
handler would also spool a body of any size to disk, and DRF takes a chunked one for empty.)
"""

from collections import deque
from collections.abc import Mapping
from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from api.limits import max_body_bytes, max_path_chars
from config.middleware.budget import ByteBudget, Holding
from config.middleware.clients import address_of
from config.middleware.refusals import RETRY_AFTER_S, Refusal, refuse

# Bytes of each body that the budget does not count. The server's own buffer of a connection is
# larger, and it is more than any body but a document's or a long list of recipients.
UNCOUNTED_BYTES = 16 * 1024
# Of the whole budget, for one address. Four documents at once are ordinary for a service, and
# whoever has only one address cannot refuse everybody else's.
ADDRESS_SHARE = 0.5
# Pieces that are smaller are put together up to this size. Twice that at most is copied for a byte.
MERGED_BYTES = 4 * 1024

# No text that the database stores may hold a NUL; in a path or a query it is never meant well.
_NUL = Refusal(400, "INVALID", "The address holds a NUL character")
_LONG_PATH = Refusal(414, "MESSAGE_TOO_LARGE", "The path is longer than is allowed")
_TOO_LARGE = Refusal(413, "MESSAGE_TOO_LARGE", "The body is larger than is allowed")
_NO_ROOM = Refusal(
    503, "UNAVAILABLE", "Too many large requests are under way. Try again.", RETRY_AFTER_S
)


class RefusalError(Exception):
    """The body is not taken."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class DisconnectedError(Exception):
    """The client left while it sent the body."""


def read_bodies(application: Any, budget: ByteBudget) -> ASGI3Application:
    """The application, which sees whole bodies of a known, bounded length only."""

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
            parts, size = await _read(receive, holding)
            whole: Any = scope
            if chunked:
                length = (b"content-length", str(size).encode())
                whole = {**scope, "headers": [*scope["headers"], length]}
            await application(whole, _replay(parts, receive), _releasing(send, holding))
        except RefusalError as error:
            await refuse(send, error.refusal)
        except DisconnectedError:
            pass  # Nobody waits for an answer.
        finally:
            holding.release()

    return with_body


def count_bodies(application: Any, budget: ByteBudget) -> ASGI3Application:
    """The application, which reads its bodies itself, with what it has read in the budget."""

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
    if len(scope["path"]) > max_path_chars():
        return _LONG_PATH
    if _length(headers) > max_body_bytes():
        return _TOO_LARGE
    return None


async def _read(receive: ASGIReceiveCallable, holding: Holding) -> tuple[deque[bytes], int]:
    """The body as it came, piece by piece, and its size: putting it together would copy all of it
    again and again, at every client's wish."""
    parts: deque[bytes] = deque()
    size = 0
    most = max_body_bytes()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise DisconnectedError
        part = message["body"]
        size += len(part)
        if size > most:
            raise RefusalError(_TOO_LARGE)
        if not holding.grow(len(part)):
            raise RefusalError(_NO_ROOM)
        # A body that comes byte by byte would be a hundred bytes of memory for each.
        if parts and len(parts[-1]) + len(part) <= MERGED_BYTES:
            parts[-1] += part
        else:
            parts.append(part)
        if not message["more_body"]:
            return parts, size


def _replay(parts: deque[bytes], receive: ASGIReceiveCallable) -> Any:
    """A `receive` that gives the body, and then what the server has to say."""

    async def replay() -> Any:
        if not parts:
            return await receive()
        part = parts.popleft()
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    return replay


def _releasing(send: ASGISendCallable, holding: Holding) -> Any:
    """A `send` that gives the body's bytes back as soon as an answer begins: a stream may last."""

    async def sending(message: Any) -> None:
        holding.release()
        await send(message)

    return sending


def _length(headers: Mapping[bytes, bytes]) -> int:
    # The server has refused what is no number before.
    text = headers.get(b"content-length", b"")
    return int(text) if text.isdigit() else 0
