"""`manage.py serve`: uvicorn by our own entry point, for development and production."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from realtime import (
    MemoryTrimmer,
    Server,
    adopt,
    configuration,
    limit_arenas,
    listen,
    periodic_tasks,
    supervise,
)


class Command(BaseCommand):
    help = "Serve Bellwire. HOST, PORT and WEB_CONCURRENCY come from the environment."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fd", type=int, help="a listening socket, inherited")

    def handle(self, *args: Any, **options: Any) -> None:
        host = os.environ.get("HOST", "127.0.0.1")
        port = _number("PORT", 8000)
        workers = _number("WEB_CONCURRENCY", 1)
        if options["fd"] is not None:
            _serve(adopt(options["fd"]), host, port)
            return
        if workers > 1 and not (settings.REDIS_URLS and settings.DATABASE_URL):
            raise CommandError(
                "WEB_CONCURRENCY is above 1, which needs DATABASE_URL and REDIS_URL: the embedded "
                "parts wake up one process only."
            )
        try:
            listener = listen(host, port)
        except OSError as error:
            raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror}") from None
        if workers > 1:
            supervise(workers, listener, ["manage.py", "serve"])
        else:
            _serve(listener, host, port)


def _serve(listener: Any, host: str, port: int) -> None:
    # Before any thread has an arena of its own.
    limit_arenas(settings.BELLWIRE_MALLOC_ARENAS)
    # Sets up threads, so it is imported after the arenas are limited.
    from config.asgi import runtime

    periodic_tasks.register(
        "memory", every_s=settings.BELLWIRE_MEMORY_TRIM_S, work=MemoryTrimmer().trim
    )
    # A view's thread requests the GIL after each query and waits this long each time while the
    # event loop is busy; a sign-in requests it some fifty times.
    sys.setswitchinterval(settings.BELLWIRE_SWITCH_S)
    runtime.send_path = "direct"
    server = Server(
        configuration("config.asgi:application", host=host, port=port),
        drain=runtime.drain,
        patience_s=settings.BELLWIRE_DRAIN_S,
    )
    server.run(sockets=[listener])


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise CommandError(f"{name} is {text!r}; expected a number from 1 to 65535")
    return int(text)
