"""`manage.py serve`: uvicorn by our own entry point, for development and production."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.conf import conf
from realtime import (
    MemoryTrimmer,
    Server,
    adopt,
    configuration,
    engine_conf,
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
        host, port, workers = conf().host, conf().port, conf().web_concurrency
        if options["fd"] is not None:
            _serve(adopt(options["fd"]), host, port)
            return
        if workers > 1 and not (engine_conf().redis_urls and conf().database_url):
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
    limit_arenas(conf().malloc_arenas)
    # Sets up threads, so it is imported after the arenas are limited.
    from config.asgi import runtime

    periodic_tasks.register("memory", every_s=conf().memory_trim_s, work=MemoryTrimmer().trim)
    # A view's thread requests the GIL after each query and waits this long each time while the
    # event loop is busy; a sign-in requests it some fifty times.
    sys.setswitchinterval(conf().switch_s)
    runtime.send_path = "direct"
    server = Server(
        configuration(
            "config.asgi:application", host=host, port=port, proxies=conf().forwarded_allow_ips
        ),
        drain=runtime.drain,
        patience_s=engine_conf().drain_s,
    )
    server.run(sockets=[listener])
