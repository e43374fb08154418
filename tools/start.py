"""`python -m tools.start`: migrate the database, print the URL, and become the server.

Development (`DEBUG=1`, the default here) also creates demo users and demo data; production never
does. HOST, PORT, DATABASE_URL and REDIS_URL are honoured.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from tools.stamps import process_lock

DEMO_PASSWORD = "bellwire-demo"  # noqa: S105
# An arbitrary number, the same in every instance.
MIGRATION_LOCK = 0x62656C6C


def main() -> None:
    prepare()
    print_url()
    manage = str(settings.BASE_DIR / "manage.py")
    os.execv(sys.executable, [sys.executable, manage, "serve"])


def prepare() -> None:
    """Set Django up and bring the database up to date."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DEBUG", "1")
    django.setup()
    with process_lock("start"), _migration_lock():
        call_command("migrate", verbosity=0)
        if settings.DEBUG:
            call_command("demo_users")
            call_command("demo_data")
    connection.close()


@contextmanager
def _migration_lock() -> Iterator[None]:
    """Serialise the migrations of instances that start at the same moment, on any machine."""
    if connection.vendor != "postgresql":
        yield  # SQLite: `process_lock` suffices, as machines do not share one file
        return
    with connection.cursor() as cursor:
        # Another instance's first migration may take longer than the deployment's lock_timeout.
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
            cursor.execute("RESET lock_timeout")


def print_url() -> None:
    """Print the address of the page, and how to sign in."""
    host, port = os.environ.get("HOST") or "localhost", os.environ.get("PORT") or "8000"
    if host in ("0.0.0.0", "::", "127.0.0.1"):  # noqa: S104
        host = "localhost"
    database = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    redis = "Redis" if settings.REDIS_URLS else "no Redis: one process"
    print(f"\n  Bellwire on http://{host}:{port}   ({database}, {redis})")
    if settings.DEBUG:
        print(f"  sign in as alice, bob, carol or admin; the password is {DEMO_PASSWORD}")
        print("  `make demo` in another terminal rings the bell")
    print("  Ctrl-C stops it\n", flush=True)


if __name__ == "__main__":
    main()
