"""Django within its slots: in when its body is here, out when its answer is made."""

import asyncio
from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from api.slots import NoSlotError, current_slot
from config.middleware.admission import Admission, BusyError
from config.middleware.answers import AnswerBudget, KeptAnswer
from config.middleware.clients import lane_of
from config.middleware.disconnects import enter
from config.middleware.refusals import RETRY_AFTER_S, Refusal, refuse
from realtime import ABORT

# Asked by orchestrators, most of all when every other request is stuck.
UNLIMITED = frozenset({"/healthz", "/readyz", "/metrics"})

_BUSY = Refusal(503, "UNAVAILABLE", "The server is busy. Try again.", RETRY_AFTER_S, close=False)


def within_slots(application: Any, admission: Admission, answers: AnswerBudget) -> ASGI3Application:
    """The application, at most so many requests of which run at once."""

    async def limited(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http" or scope["path"] in UNLIMITED:
            await application(scope, receive, send)
            return
        lane = lane_of(scope)
        try:
            receive = await enter(admission, receive, lane)
        except BusyError:
            await refuse(send, _BUSY)
            return
        extensions: Any = scope.get("extensions") or {}
        answer = KeptAnswer(send, answers, extensions.get(ABORT))
        slot = RequestSlot(admission, lane)
        token = current_slot.set(slot)
        try:
            try:
                await application(scope, receive, answer.keep)
            finally:
                current_slot.reset(token)
                slot.close()
            await answer.send()
        finally:
            answer.close()

    return limited


class RequestSlot:
    """The slot of one request, which its view may leave and enter again from its thread."""

    def __init__(self, admission: Admission, lane: str) -> None:
        self._admission = admission
        self._lane = lane
        self._loop = asyncio.get_running_loop()
        # Touched on the event loop only.
        self._is_held = True
        self._is_closed = False

    def leave(self) -> None:
        """As `api.slots.Slot`."""
        self._loop.call_soon_threadsafe(self._leave)

    def enter(self) -> None:
        """As `api.slots.Slot`."""
        entering = asyncio.run_coroutine_threadsafe(self._enter(), self._loop)
        if not entering.result():
            raise NoSlotError

    def close(self) -> None:
        """The request is over, whatever its view's thread still does."""
        self._is_closed = True
        self._leave()

    def _leave(self) -> None:
        if self._is_held:
            self._is_held = False
            self._admission.leave(self._lane)

    async def _enter(self) -> bool:
        try:
            await self._admission.enter(self._lane)
        except BusyError:
            return False
        self._is_held = True
        if self._is_closed:
            self._leave()
            return False
        return True
