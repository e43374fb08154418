"""ASGI middleware: requests with a password wait in a queue of their own.

Each takes a thread while its password is hashed. In the slots that all requests share, a dozen
clients with wrong passwords would slow down everybody.
"""

from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from config.middleware.admission.disconnects import enter, replay
from config.middleware.admission.queue import Admission, BusyError
from config.middleware.admission.sign_in_ranks import ADMIN_PATH, TOKEN_PATH, SignInRanks
from config.middleware.refusals import Refusal, refuse

# POST endpoints that take a password.
PATHS = frozenset({TOKEN_PATH, ADMIN_PATH, "/admin/password_change/"})
# A name and a password take 3 KiB at most, with every character escaped 12. A larger body is not a
# sign-in, and the view can say why; `read_bodies` has limited what all bodies take together.
SIGN_IN_BODY_BYTES = 1024 * 1024

_BUSY = Refusal(503, "UNAVAILABLE", "Too many people sign in at once", 2, close=False)
_LARGE = Refusal(413, "MESSAGE_TOO_LARGE", "The body is larger than is allowed")


def queue_sign_ins(application: Any, admission: Admission) -> ASGI3Application:
    """Wrap the application: sign-ins wait for a slot of `admission`, known clients first.

    Stands inside `read_bodies`, so the body has arrived and reading it takes no time.
    """
    ranks = SignInRanks()

    async def queued(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in PATHS:
            await application(scope, receive, send)
            return
        body = await _read_body(receive)
        if body is None:
            return
        if len(body) > SIGN_IN_BODY_BYTES:
            await refuse(send, _LARGE)
            return
        caller = ranks.caller_of(scope, body)
        whole: Any = {"type": "http.request", "body": body, "more_body": False}
        receive = replay([whole], receive)
        try:
            receive = await enter(
                admission,
                receive,
                caller.lane,
                group=caller.group,
                rank=ranks.rank_of(caller),
            )
        except BusyError:
            await refuse(send, _BUSY)
            return

        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                ranks.record_status(caller, scope["path"], message["status"])
            await send(message)

        try:
            await application(scope, receive, noting)
        finally:
            admission.leave(caller.lane)

    return queued


async def _read_body(receive: ASGIReceiveCallable) -> bytes | None:
    """Return at most a little more than `SIGN_IN_BODY_BYTES` of the body; None if the client
    disconnected.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message["body"]
        if len(body) > SIGN_IN_BODY_BYTES or not message["more_body"]:
            return bytes(body)
