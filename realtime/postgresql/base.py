"""The backend (`ENGINE = "realtime.postgresql"`): pooled connections under a look-out."""

import select
from typing import Any

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolTimeout
from typing_extensions import override

from realtime.database_health import health

# What a caller waits while the pool is spent: long enough for a new connection to be opened where
# the server has room again, which takes some milliseconds.
SPENT_WAIT_S = 0.2


class WatchedConnection(psycopg.Connection[Any]):
    """The look-out knows since when it waits for the server."""

    @override
    def wait(self, *args: Any, **kwargs: Any) -> Any:
        health.begin(self)
        try:
            return super().wait(*args, **kwargs)
        except psycopg.errors.ReadOnlySqlTransaction:
            # Another server has become the primary: the next connection is to it.
            self.close()
            raise
        finally:
            health.end(self)


class Pool(ConnectionPool[WatchedConnection]):
    """Callers wait for a connection, unless the last one has waited in vain.

    While every connection is busy, or the server has no place for more, a hundred requests would
    otherwise wait one after the other, as there are fewer threads than requests: the last of them
    for half a minute. Whoever is first to get one ends that.
    """

    _is_spent = False

    @override
    def getconn(self, timeout: float | None = None) -> WatchedConnection:
        if timeout is None and self._is_spent:
            timeout = min(SPENT_WAIT_S, self.timeout)
        try:
            connection = super().getconn(timeout)
        except PoolTimeout:
            self._is_spent = True
            raise
        self._is_spent = False
        return connection


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection of Django's, from the process's pool."""

    @property
    @override
    def pool(self) -> Any:
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        wrapper: Any = self  # these two are private to Django
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
    """Raise for a connection that the server has ended while nobody used it.

    Then there is something to read. So a healthy one costs no round trip.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        ConnectionPool.check_connection(connection)
