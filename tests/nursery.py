"""`python -m tests.nursery`: a process that has imported what takes long, and forks on request.

Most of a server's start is importing other people's packages. This process does it once for a whole
test run; each child reads its own settings and runs `manage.py` as the interpreter would have, in a
session, an environment and with a log of its own. Nothing in here imports ours, nor looks at a
setting: Django would refuse, as it has been given none.

A request is a line on standard input, `{"arguments": ["manage.py", …], "environment": {…},
"output": path, "errors": path}`. The answers on standard output are `{"started": pid}`, and later
`{"ended": pid, "code": n}`, where -9 is a death by SIGKILL. At the end of its input it ends too,
and its children live on. tests/forks.py is the other side.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import sys
from dataclasses import dataclass
from types import FrameType

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


@dataclass(frozen=True, slots=True)
class Order:
    """What a child is to be."""

    arguments: list[str]
    environment: dict[str, str]
    output: str
    errors: str

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


def main() -> Order | None:
    """Serve until the input ends. Returns in each child what it is to be."""
    for name in _PACKAGES.split():
        importlib.import_module(name)
    # What is here already is no garbage. Each child's last collection would go through all of it,
    # which takes longer than its start.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, _reap)
    for line in sys.stdin:
        order = Order(**json.loads(line))
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


def _answer(**told: int) -> None:
    os.write(1, (json.dumps(told) + "\n").encode())


if __name__ == "__main__":
    if order := main():
        order.carry_out()
