"""`python -m tests.support.fork_server TEMPLATES`: imports what takes long, forks on request.

Most of a server's start is importing: other people's packages, and then Django's apps and ours. The
first are imported here, once for a whole test run. Nothing in here imports ours, nor looks at a
setting: Django would refuse, as it has been given none. The second depend on the settings, so that
a fork of this process imports them once for each set of settings (a template), and is forked in its
turn for each `manage.py` that has these. Databases and Redis servers may differ: a child reads the
settings again. It runs `manage.py` as the interpreter would have, in a session, an environment and
with a log of its own.

A request is a line on standard input, `{"arguments": ["manage.py", …], "environment": {…},
"output": path, "errors": path}`. The answers on standard output are `{"started": pid}`, and later
`{"ended": pid, "code": n}`, where -9 is a death by SIGKILL. At the end of its input it ends too,
and its children live on. tests/support/forks.py is the other side.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

# The roots of what a server and a command import, without a reactor: each process makes its own.
_PACKAGES = """
    asyncio channels.db channels.generic.websocket channels.routing channels_redis.pubsub
    redis.asyncio django.core.asgi django.core.management django.core.management.base
    django.core.management.commands.migrate django.db.backends.postgresql.base
    django.db.backends.sqlite3.base django.db.migrations.executor django.forms
    django.middleware.csrf django.middleware.security django.template.backends.django
    django.template.defaulttags django.template.loader_tags django.test.signals django.urls
    django.views.debug django.views.generic django.contrib.messages.middleware
    django.contrib.staticfiles.handlers whitenoise.middleware prometheus_client psycopg_pool
    structlog rich.traceback environ jwt cryptography.hazmat.primitives.asymmetric.rsa jsonschema
    inflection uritemplate yaml uvicorn uvicorn.lifespan.on
    uvicorn.protocols.http.httptools_impl uvicorn.protocols.websockets.websockets_sansio_impl
    uvloop websockets OpenSSL.SSL service_identity autobahn.websocket.types
    twisted.internet.defer twisted.python.log twisted.web.http hyperlink
    argon2 autobahn.nvx charset_normalizer idna orjson regex requests stringprep tomllib urllib3
"""
# What no module keeps when it is imported: it is read when `manage.py` runs, and settings that
# come from it are read again. PYTHONUNBUFFERED is for an interpreter that starts.
_READ_LATE = {
    *("DATABASE_URL", "REDIS_URL", "BELLWIRE_REDIS_PREFIX"),
    *("HOST", "PORT", "PYTHONUNBUFFERED"),
}
# Of what the command needs beside the apps: modules that keep nothing of the settings read late.
_APPLICATION = """
         config.urls config.middleware.http_stack config.health.endpoints
    config.middleware.admission.sign_in_queue config.middleware.admission.queue
    config.middleware.admission.response_buffer config.middleware.request_bodies
    config.middleware.query_strings     config.middleware.admission.slots
    config.middleware.static_files accounts.credentials.gate
    chat.assistant.streaming.endpoints     chat.rooms.live.stream_views
    notifications.live.stream_views realtime.runtime     realtime.server.server
    realtime.server.workers realtime.transports.long_poll realtime.transports.sockjs.routes
    realtime.transports.sse realtime.transports.websocket
"""


@dataclass(frozen=True, slots=True)
class Order:
    """What a child is to be."""

    arguments: list[str]
    environment: dict[str, str]
    output: str
    errors: str

    @property
    def template(self) -> str | None:
        """Which template it is forked from: its settings. None if it is not `manage.py` itself."""
        if Path(self.arguments[0]).name != "manage.py":
            return None
        early = {name: text for name, text in self.environment.items() if name not in _READ_LATE}
        database, _, _ = self.environment.get("DATABASE_URL", "").partition(":")
        redis = len(self.environment.get("REDIS_URL", "").split(","))
        return json.dumps([early, database, redis if self.environment.get("REDIS_URL") else 0])

    def prepare(self) -> None:
        """Make this process one that nobody could tell from a program just started."""
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        os.setsid()
        os.environ.clear()
        os.environ.update(self.environment)
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        for number, path in enumerate((os.devnull, self.output, self.errors)):
            opened = os.open(path, append if number else os.O_RDONLY, 0o644)
            os.dup2(opened, number)
            os.close(opened)

    def carry_out(self) -> None:
        sys.argv = self.arguments
        runpy.run_path(self.arguments[0], run_name="__main__")


class Templates:
    """The forks that have one set of settings each; kept by this process, for the latest orders."""

    def __init__(self, most: int) -> None:
        self._most = most
        # By settings: its process, and where it reads orders.
        self._kept: dict[str, tuple[int, int]] = {}

    def hand_on(self, order: Order, line: str) -> Order | None:
        """Give an order to the template of its settings. Returns it in the child that is made."""
        settings = order.template
        assert settings is not None
        found = self._kept.pop(settings, None)
        if found is None:
            reading, writing = os.pipe()
            pid = os.fork()
            if not pid:
                for _, other in self._kept.values():
                    os.close(other)
                os.close(writing)
                child = _serve_template(order, reading)
                if child is None:
                    # Its input has ended. Returning would make it read this process's orders.
                    os._exit(0)
                return child
            os.close(reading)
            found = pid, writing
        self._kept[settings] = found
        if len(self._kept) > self._most:
            _, writing = self._kept.pop(next(iter(self._kept)))
            # It ends when its last child has.
            os.close(writing)
        with os.fdopen(os.dup(found[1]), "w") as orders:
            orders.write(line)
        return None

    def end(self) -> None:
        for pid, writing in self._kept.values():
            os.close(writing)
            os.kill(pid, signal.SIGTERM)


def main() -> Order | None:
    """Serve until the input ends. Returns in each child what it is to be."""
    _import(_PACKAGES.split())
    signal.signal(signal.SIGCHLD, _reap)
    templates = Templates(int(sys.argv[1]))
    for line in sys.stdin:
        order = Order(**json.loads(line))
        child = templates.hand_on(order, line) if order.template else _fork(order)
        if child:
            return child
    templates.end()
    return None


def _serve_template(order: Order, reading: int) -> Order | None:
    """Set Django up, and serve until the input ends and the last child has."""
    os.environ.clear()
    os.environ.update(order.environment)
    is_ready = _set_up(order)
    with os.fdopen(reading) as orders:
        for line in orders:
            child = _fork(Order(**json.loads(line)))
            if child:
                if is_ready:
                    _read_settings_again()
                return child
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            return None
        _answer(ended=pid, code=os.waitstatus_to_exitcode(status))


def _set_up(order: Order) -> bool:
    """Import the apps and what serves. False where that fails: its child says in its log why."""
    sys.path.insert(0, str(Path(order.arguments[0]).parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    try:
        django.setup()
        _import(_APPLICATION.split())
    except Exception:  # Whatever it is, the child runs into it again.
        return False
    return True


def _read_settings_again() -> None:
    """As the child's environment has them; nothing has been made of the template's yet."""
    from channels.layers import channel_layers
    from django.conf import Settings, settings
    from django.db import connections

    module = os.environ["DJANGO_SETTINGS_MODULE"]
    for name in dict.fromkeys(["config.settings", module]):
        importlib.reload(sys.modules[name])
    own: Any = settings
    own._wrapped = Settings(module)
    made: Any = connections
    # A model's class asks which vendor it is on: that alone makes a connection, though none opens.
    for connection in made.all(initialized_only=True):
        assert connection.connection is None
        del made[connection.alias]
    vars(made).pop("settings", None)
    made._settings = None
    assert not channel_layers.backends


def _import(names: Iterable[str]) -> None:
    for name in names:
        importlib.import_module(name)
    # What is here already is no garbage. Each child's last collection would go through all of it,
    # which takes longer than its start.
    gc.collect()
    gc.freeze()


def _fork(order: Order) -> Order | None:
    """Start a child, in which the order is returned."""
    # No child's end is told before its beginning.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    pid = os.fork()
    if not pid:
        order.prepare()
        return order
    _answer(started=pid)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    return None


def _reap(number: int, frame: FrameType | None) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _answer(ended=pid, code=os.waitstatus_to_exitcode(status))


def _answer(**reported: int) -> None:
    os.write(1, (json.dumps(reported) + "\n").encode())


if __name__ == "__main__":
    if order := main():
        order.carry_out()
