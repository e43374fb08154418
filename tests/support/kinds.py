"""The two kinds of parts that everything is tested on, and the environment of each.

embedded  SQLite and the in-memory layer, what `make run` takes by itself
full      PostgreSQL and Redis

`BELLWIRE_TEST_PARTS` chooses; `make test` runs both side by side.
"""

import os
import secrets
import tempfile
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.support import parts
from tests.support.databases import (
    DatabaseMaker,
    MigratedDatabase,
    PostgreSQLMaker,
    SharedMigratedDatabase,
    SQLiteMaker,
)
from tests.support.deadlines import PATIENCE_S
from tools.paths import BIN, ROOT

# One for all servers of a run, those in production mode included, and for the tests that sign.
SECRET_KEY = secrets.token_hex(32)
# Names a folder for what the pytest processes of a run share; without it, each is on its own.
SHARED_FOLDER = "BELLWIRE_TEST_SHARED_FOLDER"


class Kind(StrEnum):
    EMBEDDED = "embedded"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What one test run stands on. `redis_url` is "" where the layer is in memory."""

    kind: Kind
    folder: Path
    databases: DatabaseMaker
    migrated: MigratedDatabase
    redis_url: str
    _ends: ExitStack

    def settings(self, *, database_url: str) -> dict[str, str]:
        """The environment of one deployment of this kind; no other hears its Redis messages."""
        return {
            **neutral_environment(),
            "DEBUG": "1",
            "SECRET_KEY": SECRET_KEY,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database_url,
            "REDIS_URL": self.redis_url,
            "BELLWIRE_REDIS_PREFIX": f"test-{uuid.uuid4().hex[:12]}",
            # Where the machine stalls, Redis is slow and not away. Tests of the latter change it.
            "BELLWIRE_REDIS_WAIT_S": str(PATIENCE_S),
            "BELLWIRE_DB_WAIT_S": str(PATIENCE_S),
            # A hundred requests at once may take it half a minute.
            "BELLWIRE_WAIT_S": str(PATIENCE_S),
        }

    def close(self) -> None:
        """Stop whatever was started for this run."""
        self._ends.close()


def surroundings() -> Surroundings:
    """Take the kind's parts from `make test` if it brought them, else start them here.

    Raises `MissingPartError`.
    """
    kind = Kind(os.environ.get("BELLWIRE_TEST_PARTS", Kind.EMBEDDED))
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="bellwire-test-")))
        databases: DatabaseMaker = SQLiteMaker(folder)
        redis_url = ""
        if kind is Kind.FULL:
            databases = PostgreSQLMaker(postgresql_url(ends, folder))
            redis_url = a_redis_url(ends, folder)
        migrated = MigratedDatabase(databases)
        if shared := os.environ.get(SHARED_FOLDER):
            shared_folder = Path(shared, kind)
            shared_folder.mkdir(exist_ok=True)
            # This run's SQLite files go with its folder: the shared one is elsewhere.
            maker = SQLiteMaker(shared_folder) if kind is Kind.EMBEDDED else databases
            migrated = SharedMigratedDatabase(maker, shared_folder)
        return Surroundings(kind, folder, databases, migrated, redis_url, ends.pop_all())


def postgresql_url(ends: ExitStack, folder: Path) -> str:
    """`TEST_DATABASE_URL`, else that of a server started now and stopped with `ends`."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        return url
    server = parts.PostgreSQLServer(parts.postgresql_binaries(), log=folder / "postgresql.log")
    ends.callback(server.stop)
    return server.url


def a_redis_url(ends: ExitStack, folder: Path) -> str:
    """`TEST_REDIS_URL`, else that of a server started now and stopped with `ends`."""
    if url := os.environ.get("TEST_REDIS_URL"):
        return url
    server = parts.RedisServer(parts.redis_binary(), log=folder / "redis.log")
    ends.callback(server.end)
    return server.url


def neutral_environment() -> dict[str, str]:
    """The machine's environment without anything that configures a Bellwire.

    Bytecode is kept, as the Makefile does: most of a server's start would be compiling.
    """
    ours = ("BELLWIRE_", "JWT_", "LLM_", "DJANGO_", "TEST_", "PYTHONDONTWRITEBYTECODE")
    names = {"DEBUG", "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "PORT", "HOST", "ALLOWED_HOSTS"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(ours) and name not in names
    }
    return {
        **kept,
        "PATH": os.pathsep.join([str(BIN), kept.get("PATH", os.defpath)]),
        "PYTHONPYCACHEPREFIX": str(ROOT / "var" / "bytecode"),
    }
