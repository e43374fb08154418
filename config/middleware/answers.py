"""Answers that are kept until the slot is free: the client's reading holds none."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from asgiref.typing import ASGISendCallable

# One answer is kept up to this size; a larger one goes out while it is made, from within the slot.
# The largest of ours, 200 messages of 4,000 characters, is smaller.
ANSWER_BYTES = 4 * 1024 * 1024
# What the transport takes at once is not counted.
UNCOUNTED_BYTES = 64 * 1024


class AnswerBudget:
    """The bytes that kept answers may take together. When that is not enough, the connection that
    has been reading its answer for the longest is cut."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._used = 0
        self._sending: OrderedDict[KeptAnswer, None] = OrderedDict()

    def take(self, size: int) -> bool:
        """Count so many bytes, if need be by cutting who is slow. False if there is no room."""
        while self._used + size > self._total and self._sending:
            slowest, _ = self._sending.popitem(last=False)
            slowest.cut()
        if self._used + size > self._total:
            return False
        self._used += size
        return True

    def give_back(self, size: int) -> None:
        """What `take` has counted."""
        self._used -= size

    def sending(self, answer: "KeptAnswer") -> None:
        """From now on only its client's reading is waited for."""
        self._sending[answer] = None

    def sent(self, answer: "KeptAnswer") -> None:
        """It needs nothing more."""
        self._sending.pop(answer, None)


class KeptAnswer:
    """One answer. `abort` cuts its connection; None where the server has no way to do that."""

    def __init__(
        self, send: ASGISendCallable, budget: AnswerBudget, abort: Callable[[], None] | None
    ) -> None:
        self._send = send
        self._budget = budget
        self._abort = abort
        self._kept: list[Any] = []
        self._size = 0
        self._counted = 0
        self._passes = False

    async def keep(self, message: Any) -> None:
        """The application's `send`."""
        if not self._passes:
            self._passes = not self._has_room(len(message.get("body", b"")))
            if not self._passes:
                self._kept.append(message)
                return
            await self._send_kept()
        await self._send(message)

    async def send(self) -> None:
        """Send what was kept, once the slot is free."""
        if not self._kept:
            return
        if self._counted and self._abort is not None:
            self._budget.sending(self)
        await self._send_kept()

    def cut(self) -> None:
        """End the connection, and hold nothing any more."""
        self._kept.clear()
        if self._abort is not None:
            self._abort()
        self._give_back()

    def close(self) -> None:
        """Hold nothing any more, whatever happened."""
        self._kept.clear()
        self._budget.sent(self)
        self._give_back()

    def _has_room(self, size: int) -> bool:
        self._size += size
        more = max(0, self._size - UNCOUNTED_BYTES) - self._counted
        if self._size > ANSWER_BYTES or (more and not self._budget.take(more)):
            return False
        self._counted += more
        return True

    async def _send_kept(self) -> None:
        self._kept.reverse()
        while self._kept:
            await self._send(self._kept.pop())

    def _give_back(self) -> None:
        self._budget.give_back(self._counted)
        self._counted = 0
