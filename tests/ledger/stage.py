"""An installation whose every part may be broken: database, Redis, instances, balancer."""

import asyncio
import itertools
import json
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import psycopg

from tests.chat.assistant.model_server import ModelServer, Script
from tests.e2e.users import UserPool, create_users
from tests.support import parts
from tests.support.balancer import Balancer
from tests.support.databases import DatabaseMaker, PostgreSQLMaker, SQLiteMaker, manage
from tests.support.kinds import SECRET_KEY, neutral_environment
from tests.support.servers import Deployment, Server

# The shown kinds of events of the topics of people and rooms.
_SHOWN = ("notification", "message")
_LOG = 'SELECT topic, data FROM realtime_entry WHERE type IN {} ORDER BY topic, "offset"'
WORDS = 120
WORD_S = 0.04


@dataclass(frozen=True, slots=True)
class Configuration:
    """What an installation consists of."""

    instances: int = 2
    database: str = "postgresql"
    has_redis: bool = True

    @property
    def name(self) -> str:
        if self.database == "sqlite":
            return "SQLite, 1 instance"
        return f"PostgreSQL{' and Redis' if self.has_redis else ' alone'}, {self.instances}"


class Stage:
    """A running installation. `ends` stops it."""

    def __init__(
        self,
        configuration: Configuration,
        ends: ExitStack,
        folder: Path,
        *,
        people: int,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`settings` are the instances' own. Raises `MissingPartError`."""
        self.configuration = configuration
        self.postgresql: parts.PostgreSQLServer | None = None
        self.redis: parts.RedisServer | None = None
        self.balancer: Balancer | None = None
        self._turn = itertools.count()
        databases: DatabaseMaker = SQLiteMaker(folder)
        if configuration.database == "postgresql":
            log = folder / "postgresql.log"
            self.postgresql = parts.PostgreSQLServer(parts.postgresql_binaries(), log=log)
            ends.callback(self.postgresql.stop)
            databases = PostgreSQLMaker(self.postgresql.url)
        if configuration.has_redis:
            self.redis = parts.RedisServer(parts.redis_binary(), log=folder / "redis.log")
            ends.callback(self.redis.end)
        model = ends.enter_context(ModelServer())
        model.plays(Script([f"word{number} " for number in range(WORDS)], pace_s=WORD_S))
        environment = {
            **neutral_environment(),
            "DEBUG": "1",
            "SECRET_KEY": SECRET_KEY,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": databases.create(),
            "REDIS_URL": self.redis.url if self.redis else "",
            "BELLWIRE_REDIS_PREFIX": f"ledger-{uuid.uuid4().hex[:12]}",
            "BELLWIRE_THROTTLES": "off",
            # All readers of one user, and those that an instance has not missed yet.
            "BELLWIRE_MAX_CONNECTIONS_PER_USER": "100",
            "BELLWIRE_MAX_POLLS_PER_USER": "100",
            # The log is what is compared with.
            "BELLWIRE_LOG_KEEP_EVENTS": "100000",
            "LLM_BASE_URL": model.url,
            "LLM_API_KEY": "key",
            "LLM_MODEL": "model",
        }
        # Without the instances' own, which must not change what creates the users.
        manage("migrate", "--verbosity=0", env=environment)
        self.deployment = Deployment(environment=environment, databases=databases, folder=folder)
        ends.callback(self._end)
        self.deployment.environment.update(settings)
        self.deployment.add_many(configuration.instances)
        self.users: UserPool = create_users(self.deployment, people=people)
        if nginx := parts.nginx_binary():
            ports = [server.port for server in self.servers]
            self.balancer = Balancer(nginx.where, ports, folder=folder)
            ends.callback(self.balancer.end)

    @property
    def servers(self) -> list[Server]:
        return self.deployment.servers

    def url(self) -> str:
        """Where the next request goes: the balancer, else each instance in turn."""
        if self.balancer is not None:
            return self.balancer.url
        return self.servers[next(self._turn) % len(self.servers)].url

    async def restart(
        self,
        server: Server,
        settings: Mapping[str, str | None] = MappingProxyType({}),
        *,
        kill: bool = False,
    ) -> None:
        """End an instance and start it on the same port, from now on with these settings."""
        await asyncio.to_thread(server.kill if kill else server.stop)
        server.change_settings(**settings)
        await asyncio.to_thread(server.start)

    def log(self) -> dict[str, list[str]]:
        """The first word of each event's text, by topic, in the log's order."""
        found: dict[str, list[str]] = {}
        for topic, data in self._rows():
            body = json.loads(data)
            text = str(body["content"] if "content" in body else body["message"])
            found.setdefault(topic, []).append(text.partition(" ")[0])
        return found

    def _rows(self) -> Sequence[tuple[str, str]]:
        url, query = self.deployment.database_url, _LOG.format(_SHOWN)
        if self.postgresql is not None:
            with psycopg.connect(url) as connection:
                return connection.execute(query.encode()).fetchall()
        with sqlite3.connect(urlsplit(url).path.removeprefix("/")) as file:
            return file.execute(query).fetchall()

    def _end(self) -> None:
        if self.redis is not None:
            self.redis.thaw()
        self.deployment.end()
