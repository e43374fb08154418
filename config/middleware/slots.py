"""Django within its slots: in when its body is here, out when its answer is made."""

import asyncio
from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from config.middleware.admission import Admission, BusyError
from config.middleware.answers import AnswerBudget, KeptAnswer
from config.middleware.clients import lane_of
from config.middleware.refusals import RETRY_AFTER_S, Refusal, refuse
from realtime.transports.http import ABORT

# Asked by orchestrators, most of all when every other request is stuck.
UNLIMITED = frozenset({"/healthz", "/readyz", "/metrics"})

_BUSY = Refusal(503, "UNAVAILABLE", "The server is busy. Try again.", RETRY_AFTER_S, close=False)


def within_slots(application: Any, admission: Admission, answers: AnswerBudget) -> ASGI3Application:
    """The application, at most so many requests of which run at once."""

    async def limited(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http" or scope["path"] in UNLIMITED:
            await application(scope, receive, send)
            return
        if admission.is_full:
            heard: list[Any] = []
            hearing = asyncio.ensure_future(_hear(receive, heard))
            try:
                await admission.enter(lane_of(scope), hearing)
            except BusyError:
                await refuse(send, _BUSY)
                return
            finally:
                hearing.cancel()
            receive = _replay(heard, receive)
        else:
            await admission.enter("")
        extensions: Any = scope.get("extensions") or {}
        answer = KeptAnswer(send, answers, extensions.get(ABORT))
        try:
            try:
                await application(scope, receive, answer.keep)
            finally:
                admission.leave()
            await answer.send()
        finally:
            answer.close()

    return limited


async def _hear(receive: ASGIReceiveCallable, heard: list[Any]) -> None:
    """Take what comes until the client leaves: that is how one hears of it."""
    while not heard or heard[-1]["type"] != "http.disconnect":
        heard.append(await receive())


def _replay(heard: list[Any], receive: ASGIReceiveCallable) -> Any:
    """A `receive` that first gives again what has been taken."""
    rest = heard[::-1]

    async def replay() -> Any:
        return rest.pop() if rest else await receive()

    return replay
