"""Deadlines for sending a request and for reading its response, and the check for lost clients.

Each class is one timer of one connection. It uses only the event loop's `call_later`, so that tests
can pass a clock of their own.
"""

import select
from collections.abc import Callable
from typing import Any, Protocol

from realtime.server.conf import ServerLimits

# An event loop runs timers before it reads: after a stall of the process, data that clients sent in
# time is still unread when their deadline expires. A second check lets it be read first.
SECOND_CHECK_S = 0.1
# How long a client that has left may keep its connection and the requests that wait on it. Each
# check is one system call.
PAUSED_CHECK_S = 1.0
# Linux reports the peer's FIN even while data before it is unread. Elsewhere only a reset is seen.
_CLOSED_BY_PEER = getattr(select, "POLLRDHUP", 0)


class Timer(Protocol):
    """The result of `call_later`."""

    def cancel(self) -> None: ...


class Scheduler(Protocol):
    """The part of an event loop that is used here."""

    def call_later(self, delay: float, callback: Callable[[], Any], /) -> Timer: ...


class Output(Protocol):
    """The part of a transport that is used here."""

    def get_write_buffer_size(self) -> int: ...

    def abort(self) -> None: ...


class RequestDeadline:
    """The deadline of the request that a client is sending.

    `on_late` is called once when it expires. While `is_paused` is true, the server itself has
    stopped reading, and the deadline is suspended.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        limits: ServerLimits,
        *,
        is_paused: Callable[[], bool],
        on_late: Callable[[], None],
    ) -> None:
        self._scheduler = scheduler
        self._limits = limits
        self._is_paused = is_paused
        self._on_late = on_late
        self._timer: Timer | None = None
        self._in_body = False
        self._received = 0
        self._body_lasted_s = self._body_period_s = 0.0

    def expect_head(self) -> None:
        """Start the deadline for a request head; does nothing while it is running."""
        if self._timer is None or self._in_body:
            self.stop()
            self._start(self._limits.header_s, self._check_head)

    def expect_body(self) -> None:
        """Require the minimum rate and the total time of a body, until `stop`."""
        if self._timer is None or not self._in_body:
            self.stop()
            self._in_body = True
            self._body_lasted_s = 0.0
            self._start_body_period()

    def received(self, size: int) -> None:
        """Record that bytes of the body have arrived."""
        self._received += size

    def stop(self) -> None:
        """Stop the deadline."""
        self._in_body = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start_body_period(self) -> None:
        self._received = 0
        left_s = self._limits.body_total_s - self._body_lasted_s
        self._body_period_s = max(0.0, min(self._limits.body_s, left_s))
        self._start(self._body_period_s, self._check_body)

    def _start(self, delay_s: float, check: Callable[[], None]) -> None:
        def second_check() -> None:
            self._timer = self._scheduler.call_later(SECOND_CHECK_S, check)

        self._timer = self._scheduler.call_later(delay_s, second_check)

    def _check_head(self) -> None:
        self._timer = None
        if self._is_paused():
            self.expect_head()
        else:
            self._on_late()

    def _check_body(self) -> None:
        # Counted per period: early bytes do not make up for a later silence.
        enough = self._received >= self._body_period_s * self._limits.body_rate
        self._timer = None
        if self._is_paused():
            # Time during which the server does not read is not counted.
            self._start_body_period()
            return
        self._body_lasted_s += self._body_period_s
        if enough and self._body_lasted_s < self._limits.body_total_s:
            self._start_body_period()
        else:
            self._in_body = False
            self._on_late()


class WriteDeadline:
    """Aborts a connection whose client reads its data too slowly."""

    def __init__(self, scheduler: Scheduler, limits: ServerLimits, output: Output) -> None:
        self._scheduler = scheduler
        self._limits = limits
        self._output = output
        self._timer: Timer | None = None
        self._unsent = 0

    def watch(self) -> None:
        """Watch until everything is sent, or `stop`."""
        if self._timer is None:
            self._continue()

    def stop(self) -> None:
        """Stop: the write buffer has room again, and the application continues."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _continue(self) -> None:
        self._unsent = self._output.get_write_buffer_size()
        if self._unsent:
            self._timer = self._scheduler.call_later(self._limits.send_s, self._check)

    def _check(self) -> None:
        self._timer = None
        unsent = self._output.get_write_buffer_size()
        must_take = min(self._unsent, self._limits.send_s * self._limits.send_rate)
        if unsent and self._unsent - must_take < unsent <= self._unsent:
            self._output.abort()
        else:
            self._continue()


class PausedCheck:
    """Calls `check` once a second for as long as the server does not read from a connection.

    A read would report that the client has left, but reading is paused while pipelined requests and
    bodies wait for the response before them, which may be a long poll.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        *,
        is_paused: Callable[[], bool],
        check: Callable[[], None],
    ) -> None:
        self._scheduler = scheduler
        self._is_paused = is_paused
        self._check = check
        self._timer: Timer | None = None

    def watch(self) -> None:
        """Begin if reading is paused; does nothing if it has begun."""
        if self._timer is None and self._is_paused():
            self._timer = self._scheduler.call_later(PAUSED_CHECK_S, self._run)

    def stop(self) -> None:
        """Stop: the connection is closed, or another protocol has taken over."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        self._timer = None
        if self._is_paused():
            self._check()
            self.watch()


def is_closed_by_peer(fileno: int) -> bool:
    """Whether the peer of a socket has closed or reset the connection."""
    poll = select.poll()
    # Errors and hang-ups are reported without being asked for.
    poll.register(fileno, _CLOSED_BY_PEER)
    return bool(poll.poll(0))
