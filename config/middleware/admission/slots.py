"""Runs Django's requests in slots: entered once the body is complete, left once the response is."""

import asyncio
from typing import Any

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope

from api.slots import NoSlotError, current_slot
from config.middleware.admission.clients import lane_of
from config.middleware.admission.disconnects import enter
from config.middleware.admission.queue import Admission, BusyError
from config.middleware.admission.response_buffer import BufferedResponse, ResponseBudget
from config.middleware.refusals import RETRY_AFTER_S, Refusal, refuse
from realtime import ABORT

# Probes must get a response, above all when every other request is stuck.
UNLIMITED = frozenset({"/healthz", "/readyz", "/metrics"})

_BUSY = Refusal(503, "UNAVAILABLE", "The server is busy. Try again.", RETRY_AFTER_S, close=False)


def limit_concurrency(
    application: Any, admission: Admission, responses: ResponseBudget
) -> ASGI3Application:
    """Wrap the application, so that it runs only as many requests at once as `admission` allows."""

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
        response = BufferedResponse(send, responses, extensions.get(ABORT))
        slot = RequestSlot(admission, lane)
        token = current_slot.set(slot)
        try:
            try:
                await application(scope, receive, response.buffer)
            finally:
                current_slot.reset(token)
                slot.close()
            await response.send()
        finally:
            response.close()

    return limited


class RequestSlot:
    """The slot of one request, which its view may leave and enter again from its thread."""

    def __init__(self, admission: Admission, lane: str) -> None:
        self._admission = admission
        self._lane = lane
        self._loop = asyncio.get_running_loop()
        # Accessed on the event loop only.
        self._is_held = True
        self._is_closed = False

    def leave(self) -> None:
        """See `api.slots.Slot`."""
        self._loop.call_soon_threadsafe(self._leave)

    def enter(self) -> None:
        """See `api.slots.Slot`."""
        entering = asyncio.run_coroutine_threadsafe(self._enter(), self._loop)
        if not entering.result():
            raise NoSlotError

    def close(self) -> None:
        """End the request; its view's thread can no longer enter the slot."""
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
