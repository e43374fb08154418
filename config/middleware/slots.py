"""Django within its slots: in when its body is here, out when its answer is made."""

from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from config.middleware.admission import Admission, BusyError
from config.middleware.answers import AnswerBudget, KeptAnswer
from config.middleware.clients import lane_of
from config.middleware.refusals import RETRY_AFTER_S, Refusal, refuse
from config.middleware.waiting import enter
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
        try:
            lane = lane_of(scope) if admission.is_full else ""
            receive = await enter(admission, receive, lane)
        except BusyError:
            await refuse(send, _BUSY)
            return
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
