"""Collects notifications and sends them together, from a thread of its own."""

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, Self

from bellwire_client import calls
from bellwire_client.calls import Item
from bellwire_client.client import Bellwire
from bellwire_client.errors import (
    ApiError,
    AuthError,
    BellwireError,
    ForbiddenError,
    TransportError,
    UnreadableError,
)
from bellwire_client.http_transport import describe
from bellwire_client.outcomes import TRANSIENT_STATUSES
from bellwire_client.results import Failed, Sent

P = ParamSpec("P")
logger = logging.getLogger("bellwire_client")

# What the server takes in one request: items, recipients of all together, and half of its 8 MiB.
MAX_ITEMS = 1_000
MAX_RECIPIENTS = 50_000
MAX_BYTES = 4 * 1024 * 1024
# A user does not notice such a delay, and a thousand sends a second make fifty in it.
MAX_DELAY_S = 0.05
# Some hundred megabytes of bodies of average size.
MAX_WAITING = 100_000
# At exit: as long as one call is retried.
CLOSE_S = 60.0
# Between two rounds of retries, each of which takes as long as the client's patience.
_AGAIN_S = 1.0


@dataclass(slots=True)
class _Waiting:
    item: Item
    future: "Future[Sent]"


@dataclass(slots=True)
class _Queue:
    """What one process has not sent yet. A fork begins with an empty one."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    waiting: deque[_Waiting] = field(default_factory=deque)
    # Taken from `waiting`, and not answered yet.
    under_way: int = 0
    thread: threading.Thread | None = None
    pid: int = field(default_factory=os.getpid)


def _send_method(
    build: Callable[P, Item],
) -> Callable[Concatenate["BufferedSender", P], "Future[Sent]"]:
    """Return the sender's method that adds the item made of its arguments."""

    def method(self: "BufferedSender", /, *args: P.args, **kwargs: P.kwargs) -> "Future[Sent]":
        return self.add(build(*args, **kwargs))

    describe(method, calls.send)
    return method


class BufferedSender:
    """Sends notifications together: `max_items` of them, or what has come within `max_delay_s`.

        with BufferedSender(bellwire) as sender:
            sender.send(usernames=["alice"], type="ORDER_CREATED", message="Order 1042")

    `send` returns at once with a future of its `Sent`. Items are sent in the order of the calls,
    each once: while the server is away they are kept, and tried again. An item that the server
    refuses has the error in its future, which `on_error(item, error)` is called with as well. If
    `max_waiting` items wait, `send` blocks until there is room.

    `close` and the end of the interpreter send what waits, for at most `close_s` seconds; what is
    left then has its error too. A process that is killed loses what waits: what must not be lost is
    sent with `send`, before the service answers its own request.
    """

    def __init__(
        self,
        client: Bellwire,
        *,
        max_items: int = 500,
        max_delay_s: float = MAX_DELAY_S,
        max_waiting: int = MAX_WAITING,
        close_s: float = CLOSE_S,
        on_error: Callable[[Item, BellwireError], object] | None = None,
    ) -> None:
        if not 0 < max_items <= MAX_ITEMS:
            raise ValueError(f"expected max_items from 1 to {MAX_ITEMS}, got {max_items}")
        self._client = client
        self._max_items = max_items
        self._max_delay_s = max_delay_s
        self._max_waiting = max_waiting
        self._close_s = close_s
        self._on_error = on_error
        self._queue = _Queue()
        self._flushes = 0
        self._is_closed = False
        # By `time.monotonic()`: when nothing is tried any longer.
        self._deadline: float | None = None
        atexit.register(self.close)

    send = _send_method(calls.item)

    def add(self, item: Item) -> "Future[Sent]":
        """Send an item, as `send` does. Raises RuntimeError if the sender is closed."""
        queue = self._own_queue()
        future: Future[Sent] = Future()
        with queue.changed:
            queue.changed.wait_for(
                lambda: self._is_closed or len(queue.waiting) < self._max_waiting
            )
            if self._is_closed:
                raise RuntimeError("this BufferedSender is closed")
            queue.waiting.append(_Waiting(item, future))
            if queue.thread is None:
                # A daemon: the end of the interpreter closes the sender, which waits for it.
                queue.thread = threading.Thread(
                    target=self._work, args=(queue,), name="bellwire-sender", daemon=True
                )
                queue.thread.start()
            queue.changed.notify_all()
        return future

    def flush(self) -> None:
        """Send what waits now, and wait until all of it is answered."""
        queue = self._own_queue()
        with queue.changed:
            self._flushes += 1
            queue.changed.notify_all()
            queue.changed.wait_for(lambda: not queue.waiting and not queue.under_way)
            self._flushes -= 1

    def close(self) -> None:
        """Send what waits, for at most `close_s`, and stop. The client stays open."""
        atexit.unregister(self.close)
        queue = self._own_queue()
        with queue.changed:
            if not self._is_closed:
                self._deadline = time.monotonic() + self._close_s
            self._is_closed = True
            queue.changed.notify_all()
        if queue.thread is not None:
            queue.thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _own_queue(self) -> _Queue:
        if self._queue.pid != os.getpid():
            # After a fork: what waits is the parent's, whose thread is not here.
            self._queue = _Queue()
        return self._queue

    # --- in the thread -----------------------------------------------------------------------

    def _work(self, queue: _Queue) -> None:
        while group := self._next_group(queue):
            for waiting, outcome in self._send(queue, group):
                self._settle(waiting, outcome)
            with queue.changed:
                queue.under_way = 0
                queue.changed.notify_all()

    def _next_group(self, queue: _Queue) -> list[_Waiting]:
        """Wait for items, and take as many as one request may have. Empty at the end."""
        with queue.changed:
            queue.changed.wait_for(lambda: queue.waiting or self._is_closed)
            queue.changed.wait_for(
                lambda: self._is_closed or self._flushes or len(queue.waiting) >= self._max_items,
                self._max_delay_s,
            )
            group: list[_Waiting] = []
            recipients = size = 0
            while queue.waiting and len(group) < self._max_items:
                item = queue.waiting[0].item
                recipients += item.recipients
                size += len(item.body)
                if group and (recipients > MAX_RECIPIENTS or size > MAX_BYTES):
                    break
                group.append(queue.waiting.popleft())
            queue.under_way = len(group)
            queue.changed.notify_all()
            return group

    def _send(
        self, queue: _Queue, group: Sequence[_Waiting]
    ) -> Iterator[tuple[_Waiting, Sent | BellwireError]]:
        """Send the group until it is answered, or nothing is tried any longer."""
        while True:
            try:
                results = self._client.send_many([each.item for each in group], atomic=False)
            except BellwireError as error:
                if not _may_pass(error):
                    yield from self._refused(queue, group, error)
                    return
                if not self._may_try_again(queue):
                    yield from ((waiting, error) for waiting in group)
                    return
                logger.warning("%d notifications wait: %s", len(group), error)
            else:
                for waiting, result in zip(group, results, strict=True):
                    key = waiting.item.idempotency_key
                    yield waiting, result.error(key) if isinstance(result, Failed) else result
                return

    def _refused(
        self, queue: _Queue, group: Sequence[_Waiting], error: BellwireError
    ) -> Iterator[tuple[_Waiting, Sent | BellwireError]]:
        """Send the halves: of a request that is refused as a whole, one item may be the reason."""
        if len(group) == 1 or isinstance(error, AuthError | ForbiddenError):
            yield from ((waiting, error) for waiting in group)
            return
        middle = len(group) // 2
        yield from self._send(queue, group[:middle])
        yield from self._send(queue, group[middle:])

    def _may_try_again(self, queue: _Queue) -> bool:
        """Wait a moment. Returns whether there is time for another round."""
        with queue.changed:
            queue.changed.wait_for(lambda: self._is_closed, _AGAIN_S)
        return self._deadline is None or time.monotonic() < self._deadline

    def _settle(self, waiting: _Waiting, outcome: Sent | BellwireError) -> None:
        if isinstance(outcome, Sent):
            waiting.future.set_result(outcome)
            return
        waiting.future.set_exception(outcome)
        if self._on_error is None:
            logger.error("A notification was not sent: %s", outcome)
            return
        try:
            self._on_error(waiting.item, outcome)
        except Exception:  # A callback's fault must not stop the thread.
            logger.exception("on_error failed")


def _may_pass(error: BellwireError) -> bool:
    # Not a 500: one item may be its reason, and must not hold up the others for ever.
    if isinstance(error, ApiError):
        return error.status in TRANSIENT_STATUSES
    # A page of a proxy in place of an answer passes too.
    return isinstance(error, TransportError | UnreadableError)
