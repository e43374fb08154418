"""Databases for tests: made in milliseconds by copying one that has been migrated once."""

import fcntl
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.support.forks import fork_server
from tools.paths import ROOT


class DatabaseMaker(Protocol):
    """Makes and drops databases of one vendor."""

    def new_name(self) -> str:
        """A URL that no database has yet."""
        ...

    def copy(self, source_url: str, url: str = "") -> str:
        """Copy a database that nobody is connected to, to `url` or a new one. Returns its URL."""
        ...

    def create(self, url: str = "") -> str:
        """An empty database, at `url` or a new one. Returns its URL."""
        ...

    def disconnect(self, name: str) -> None:
        """End whatever connections to the database are left."""
        ...

    def drop(self, url: str) -> None:
        """Remove it, cutting whoever is still connected."""
        ...


class SQLiteMaker:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new_name(self) -> str:
        return f"sqlite:///{self._folder / uuid.uuid4().hex[:12]}.sqlite3"

    def create(self, url: str = "") -> str:
        return url or self.new_name()

    def copy(self, source_url: str, url: str = "") -> str:
        url = url or self.new_name()
        source = sqlite3.connect(_path(source_url))
        # Brings the write-ahead log home, so that the file alone is the database.
        source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        source.close()
        shutil.copyfile(_path(source_url), _path(url))
        return url

    def disconnect(self, name: str) -> None:
        """A file has no connections."""

    def drop(self, url: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{_path(url)}{suffix}").unlink(missing_ok=True)


class PostgreSQLMaker:
    """Databases beside the one that `url` names; its role must be allowed to create them."""

    def __init__(self, url: str) -> None:
        self._url = url

    def new_name(self) -> str:
        name = f"bellwire_test_{uuid.uuid4().hex[:12]}"
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{name}"))

    def create(self, url: str = "") -> str:
        url = url or self.new_name()
        self._run(sql.SQL("CREATE DATABASE {}").format(_identifier(url)))
        return url

    def copy(self, source_url: str, url: str = "") -> str:
        url = url or self.new_name()
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._run(statement.format(_identifier(url), _identifier(source_url)))
        return url

    def disconnect(self, name: str) -> None:
        statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}"
        self._run(sql.SQL(statement).format(sql.Literal(name)))

    def drop(self, url: str) -> None:
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(_identifier(url)))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement)


class MigratedDatabase:
    """The database that the others are copies of; migrated when the first copy is asked for."""

    def __init__(self, maker: DatabaseMaker) -> None:
        self._maker = maker
        self._url: str | None = None

    def copy(self, environment: Mapping[str, str], url: str = "") -> str:
        """Copy it to `url` or a new one. Returns the copy's URL."""
        if self._url is None:
            self._url = self._make(environment)
        return self._maker.copy(self._url, url)

    def drop(self) -> None:
        if self._url is not None:
            self._maker.drop(self._url)

    def _make(self, environment: Mapping[str, str]) -> str:
        url = self._maker.create()
        manage("migrate", "--verbosity=0", env={**environment, "DATABASE_URL": url})
        return url


class SharedMigratedDatabase(MigratedDatabase):
    """The same for all pytest processes of one kind: the first that needs it migrates it.

    `folder` outlives them, and `maker` creates databases that do. Whoever made the folder drops
    the database at the end, with `drop_shared`.
    """

    def __init__(self, maker: DatabaseMaker, folder: Path) -> None:
        super().__init__(maker)
        self._note = folder / "migrated-database"

    def drop(self) -> None:
        """Others may still copy it."""

    def _make(self, environment: Mapping[str, str]) -> str:
        with self._note.open("a+") as note:
            # Held until the file is closed.
            fcntl.flock(note, fcntl.LOCK_EX)
            note.seek(0)
            if not (url := note.read()):
                url = super()._make(environment)
                note.write(url)
        return url


def drop_shared(maker: DatabaseMaker, folder: Path) -> None:
    """Drop the database that pytest processes have shared, if any of them made it."""
    note = folder / "migrated-database"
    if note.exists() and (url := note.read_text()):
        maker.drop(url)


def manage(*arguments: str, env: Mapping[str, str]) -> str:
    """Run `manage.py` in a process of its own. Returns what it printed on standard output."""
    with tempfile.TemporaryDirectory(prefix="bellwire-manage-") as folder:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        command = [str(ROOT / "manage.py"), *arguments]
        code = fork_server().start(command, env=env, output=output, errors=errors).wait()
        printed = output.read_text()
        if code:
            said = printed + errors.read_text()
            raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{said}")
    return printed


def _path(url: str) -> str:
    return url.removeprefix("sqlite:///")


def _identifier(url: str) -> sql.Identifier:
    return sql.Identifier(urlsplit(url).path.lstrip("/"))
