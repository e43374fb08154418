"""Whether PostgreSQL answers: one circuit breaker per process, and what its errors mean.

A database that is away must not hold requests: whoever comes while it is known to be away is
refused at once, so that nobody waits in a queue of the doomed when it is back. A thread of its own
looks: it opens a connection, which no statement of ours can be in the way of.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

# Clients are told to come back after so many seconds: the look-out sees within one that it is
# back.
UNAVAILABLE_RETRY_S = 2
# A statement that has taken so long makes the look-out look whether anybody is there.
SLOW_S = 2.0
# How often it is looked at the statements, and at a database that is away.
LOOK_S = 0.5
# The server is there, and has no place for one more connection: those that we have go on. libpq
# gives no SQLSTATE for what happens while it connects.
_FULL = ("too many clients", "too many connections", "remaining connection slots")
# Classes of SQLSTATE that say nothing against the statement: connection exceptions, deadlocks and
# the like, insufficient resources, operator intervention, system errors, a lock that was not to be
# had, a transaction that may not write because another server has become the primary, and sessions
# that the server has ended because their transaction took too long (a process that stood still).
_PASSING = ("08", "40", "53", "57", "58", "55P03", "25006", "25P03", "25P04")
# What SQLite says of a file that others hold, in its words: it has no codes here.
_SQLITE_PASSING = ("locked", "busy", "unable to open", "disk i/o", "readonly")


class DatabaseAwayError(psycopg.OperationalError):
    """Nothing was asked: the database is known to be away."""


def is_unavailable(error: BaseException | None) -> bool:
    """Whether a database's error passes with time, and says nothing against what was asked."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return False
    if connection.vendor == "sqlite":
        text = str(error).lower()
        return isinstance(error, OperationalError) and any(one in text for one in _SQLITE_PASSING)
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    if state is None:
        # The connection itself: refused, timed out, broken, closed.
        return isinstance(error, OperationalError | InterfaceError)
    return state.startswith(_PASSING)


def has_trace(error: BaseException) -> bool:
    """For `exc_info`: a traceback tells nothing where only the database was away."""
    return not is_unavailable(error)


def log_failure(to: logging.Logger, message: str, *args: object, error: BaseException) -> None:
    """Log what could not be done: with a traceback, unless only the database was away."""
    if is_unavailable(error):
        to.warning(f"{message}: the database is away", *args)
    else:
        to.error(message, *args, exc_info=error)


class Watched(Protocol):
    """A connection at work."""

    def fileno(self) -> int: ...


class DatabaseHealth:
    """Thread-safe. `probe` opens a connection and closes it, or raises.

    It waits as long as anybody who opens one (`BELLWIRE_DB_WAIT_S`): on a machine that stalls, a
    database that is slow to answer is not away.
    """

    def __init__(self) -> None:
        self.away = False
        self._thread: threading.Thread | None = None
        self._at_work: dict[Watched, float] = {}
        self._suspected = threading.Event()
        self._starting = threading.Lock()

    def watch(self, probe: Callable[[], None]) -> None:
        """Begin to look, once per process."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, args=(probe,), name="database-look-out", daemon=True
                )
                self._thread.start()

    def refuse_if_away(self) -> None:
        """Raise `DatabaseAwayError` at once where waiting would be in vain."""
        if self.away:
            raise DatabaseAwayError("the database is away")

    def suspect(self) -> None:
        """Something failed that might mean that it is away: look now."""
        self._suspected.set()

    def begin(self, connection: Watched) -> None:
        """A statement is sent on the connection."""
        self._at_work[connection] = time.monotonic()

    def end(self, connection: Watched) -> None:
        """It was answered."""
        self._at_work.pop(connection, None)

    def _run(self, probe: Callable[[], None]) -> None:
        while True:
            suspected = self._suspected.wait(LOOK_S)
            self._suspected.clear()
            if suspected or self.away or self._slow():
                self._look(probe)
            if self.away:
                time.sleep(LOOK_S)

    def _slow(self) -> list[Watched]:
        since = time.monotonic() - SLOW_S
        return [one for one, begun in list(self._at_work.items()) if begun <= since]

    def _look(self, probe: Callable[[], None]) -> None:
        try:
            probe()
        except Exception as error:
            if not any(text in str(error) for text in _FULL):
                self._is_away(error)
                return
        if self.away:
            self.away = False
            logger.warning("The database is back")

    def _is_away(self, error: Exception) -> None:
        if not self.away:
            self.away = True
            text = str(error).strip().partition("\n")[0]
            logger.warning("The database is away (%s): requests are refused", text)
        # A frozen server, or one behind a broken network, would hold these threads for ever.
        for connection_at_work in self._slow():
            _cut(connection_at_work)


def _cut(connection: Any) -> None:
    """End a connection that another thread waits for: its read fails, and the thread goes on."""
    try:
        with socket.socket(fileno=os.dup(connection.fileno())) as copy:
            copy.shutdown(socket.SHUT_RDWR)
    except (OSError, psycopg.Error):
        logger.info("A connection had ended before it was cut")


health = DatabaseHealth()
