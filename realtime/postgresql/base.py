"""The backend (`ENGINE = "realtime.postgresql"`): pooled connections under a look-out."""

import select
from typing import Any

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool
from typing_extensions import override

from realtime.database_health import PROBE_S, health


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
            pool = ConnectionPool(
                kwargs=arguments,
                open=False,
                configure=wrapper._configure_connection,
                check=_check,
                connection_class=WatchedConnection,
                **options,
            )
            pools.setdefault(self.alias, pool)

            def probe() -> None:
                psycopg.connect(**{**arguments, "connect_timeout": PROBE_S}).close()

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
