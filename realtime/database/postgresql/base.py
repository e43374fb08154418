"""The backend (`ENGINE = "realtime.database.postgresql"`): pooled and monitored connections."""

import select
import time
from typing import Any

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolTimeout
from typing_extensions import override

from realtime.database.health import health

# While every server is read-only, each failed write would otherwise reopen all connections.
RENEW_S = 1.0


class WatchedConnection(psycopg.Connection[Any]):
    """Reports to the health monitor how long it has been waiting for the server."""

    @override
    def wait(self, *args: Any, **kwargs: Any) -> Any:
        health.begin(self)
        try:
            return super().wait(*args, **kwargs)
        except psycopg.errors.ReadOnlySqlTransaction:
            # Another server has become the primary. New connections reach it; those in the pool
            # must be reopened too.
            self.close()
            if isinstance(self._pool, Pool):
                self._pool.renew()
            raise
        finally:
            health.end(self)


class Pool(ConnectionPool[WatchedConnection]):
    """A pool whose callers wait only `busy_wait` seconds while it is exhausted.

    While every connection is busy, or the server has no free slot, a hundred requests would
    otherwise wait one after the other, as there are fewer threads than requests: the last of them
    for half a minute. The first caller that gets a connection restores the normal timeout.
    """

    def __init__(self, *, busy_wait: float, **options: Any) -> None:
        self._busy_wait = busy_wait
        self._is_busy = False
        self._renewed_at = -RENEW_S
        super().__init__(**options)

    @override
    def getconn(self, timeout: float | None = None) -> WatchedConnection:
        if timeout is None and self._is_busy:
            timeout = min(self._busy_wait, self.timeout)
        try:
            connection = super().getconn(timeout)
        except PoolTimeout:
            self._is_busy = True
            raise
        self._is_busy = False
        return connection

    def renew(self) -> None:
        """Reopen all connections, unless that was done within `RENEW_S`."""
        now = time.monotonic()
        if now - self._renewed_at >= RENEW_S:
            self._renewed_at = now
            self.drain()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection wrapper, which takes connections from the process's pool."""

    @property
    @override
    def pool(self) -> Any:
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        wrapper: Any = self  # these two attributes are private to Django
        pools: dict[str, Any] = wrapper._connection_pools
        if self.alias not in pools:
            arguments = {**self.get_connection_params(), "autocommit": True}
            pool = Pool(
                kwargs=arguments,
                open=False,
                configure=wrapper._configure_connection,
                check=_check,
                connection_class=WatchedConnection,
                **options,
            )
            pools.setdefault(self.alias, pool)

            def probe() -> None:
                psycopg.connect(**arguments).close()

            health.watch(probe)
        return pools[self.alias]

    @override
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self.pool:
            return super().get_new_connection(conn_params)
        health.refuse_if_away()
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            health.suspect()
            raise


def _check(connection: psycopg.Connection[Any]) -> None:
    """Raise if the server has ended the connection while it was idle.

    A closed connection is readable; an idle one is not, so a healthy one costs no round trip.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        ConnectionPool.check_connection(connection)
