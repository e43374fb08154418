"""Detects whether PostgreSQL answers (one circuit breaker per process), and classifies its errors.

An unreachable database must not hold requests: while it is known to be away, they are refused at
once, so that no queue of expired requests has built up when it is back. A monitor thread probes it
by opening a connection, which none of our statements can block.
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

# Seconds after which clients are told to retry: the monitor notices within one that the database is
# back.
UNAVAILABLE_RETRY_S = 2
# A statement that takes longer makes the monitor probe the database.
SLOW_S = 2.0
# How often the monitor checks running statements, and probes a database that is away.
CHECK_S = 0.5
# The server answers but has no free connection slot; existing connections go on. libpq gives no
# SQLSTATE for errors while connecting.
_FULL = ("too many clients", "too many connections", "remaining connection slots")
# SQLSTATE classes of errors that are not the statement's fault: connection exceptions, deadlocks
# and other rollbacks, insufficient resources, operator intervention, system errors, a lock that was
# not available, a transaction that may not write because another server has become the primary, and
# sessions that the server ended because their transaction took too long (a suspended process).
_PASSING = ("08", "40", "53", "57", "58", "55P03", "25006", "25P03", "25P04")
# Texts of SQLite's errors about a locked or unreadable file; Django exposes no code for them.
_SQLITE_PASSING = ("locked", "busy", "unable to open", "disk i/o", "readonly")


class DatabaseAwayError(psycopg.OperationalError):
    """The statement was not sent, because the database is known to be away."""


def is_unavailable(error: BaseException | None) -> bool:
    """Return whether a database error is temporary and not caused by the statement."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return False
    if connection.vendor == "sqlite":
        text = str(error).lower()
        return isinstance(error, OperationalError) and any(one in text for one in _SQLITE_PASSING)
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    if state is None:
        # The connection itself failed: refused, timed out, broken or closed.
        return isinstance(error, OperationalError | InterfaceError)
    return state.startswith(_PASSING)


def has_trace(error: BaseException) -> bool:
    """For `exc_info`: a traceback is of no use where only the database was away."""
    return not is_unavailable(error)


def log_failure(to: logging.Logger, message: str, *args: object, error: BaseException) -> None:
    """Log a failure: with a traceback, unless only the database was away."""
    if is_unavailable(error):
        to.warning(f"{message}: the database is away", *args)
    else:
        to.error(message, *args, exc_info=error)


class Watched(Protocol):
    """A connection that may be waiting for the server."""

    def fileno(self) -> int: ...


class DatabaseHealth:
    """Thread-safe. `probe` opens and closes a connection, or raises.

    The probe uses the same timeout as any other connection (`BELLWIRE_DB_WAIT_S`): on a stalled
    machine, a database that is slow to answer does not count as away.
    """

    def __init__(self) -> None:
        self.away = False
        self._thread: threading.Thread | None = None
        self._running: dict[Watched, float] = {}
        self._suspected = threading.Event()
        self._starting = threading.Lock()

    def watch(self, probe: Callable[[], None]) -> None:
        """Start the monitor thread, once per process."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, args=(probe,), name="database-look-out", daemon=True
                )
                self._thread.start()

    def refuse_if_away(self) -> None:
        """Raise `DatabaseAwayError` at once if the database is known to be away."""
        if self.away:
            raise DatabaseAwayError("the database is away")

    def suspect(self) -> None:
        """Probe now: an error occurred that may mean that the database is away."""
        self._suspected.set()

    def begin(self, connection: Watched) -> None:
        """Record that a statement is sent on the connection."""
        self._running[connection] = time.monotonic()

    def end(self, connection: Watched) -> None:
        """Record that the statement was answered."""
        self._running.pop(connection, None)

    def _run(self, probe: Callable[[], None]) -> None:
        while True:
            suspected = self._suspected.wait(CHECK_S)
            self._suspected.clear()
            if suspected or self.away or self._slow():
                self._probe(probe)
            if self.away:
                time.sleep(CHECK_S)

    def _slow(self) -> list[Watched]:
        since = time.monotonic() - SLOW_S
        return [one for one, begun in list(self._running.items()) if begun <= since]

    def _probe(self, probe: Callable[[], None]) -> None:
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
        # A frozen server, or one behind a broken network, would block these threads for ever.
        for connection_at_work in self._slow():
            _shut_down(connection_at_work)


def _shut_down(connection: Any) -> None:
    """Shut down a connection that another thread waits for, so that its read fails."""
    try:
        with socket.socket(fileno=os.dup(connection.fileno())) as copy:
            copy.shutdown(socket.SHUT_RDWR)
    except (OSError, psycopg.Error):
        logger.info("A connection had ended before it was shut down")


health = DatabaseHealth()
