"""The parts that tests need from outside Python: those of tools/cluster/parts.py, and a browser."""

import os
import shutil
import subprocess

from tools.cluster.parts import (
    NOBODY,
    MissingPartError,
    Part,
    PostgreSQLServer,
    RedisServer,
    apt_get,
    last_line,
    nginx_binary,
    postgresql_binaries,
    redis_binary,
)
from tools.paths import PYTHON

__all__ = [
    "NOBODY",
    "MissingPartError",
    "Part",
    "PostgreSQLServer",
    "RedisServer",
    "browser",
    "nginx_binary",
    "postgresql_binaries",
    "redis_binary",
]


def browser() -> Part:
    """A Chromium that Playwright can drive; an empty path is the one Playwright brought itself."""
    if "CHROME" in os.environ:
        return Part(os.environ["CHROME"], "CHROME" if os.environ["CHROME"] else "playwright")
    if found := _chromium():
        return Part(found, "on PATH")
    if apt_get("chromium", "fonts-noto-cjk") and (found := _chromium()):
        return Part(found, "installed by apt-get")
    ran = subprocess.run(
        [str(PYTHON), "-m", "playwright", "install", "chromium"], capture_output=True, text=True
    )
    if ran.returncode:
        raise MissingPartError(
            "a browser: set CHROME to a Chromium's path, or install one (Debian: apt-get install "
            f"chromium); `playwright install chromium` failed: {last_line(ran.stderr)}"
        )
    return Part("", "playwright")


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)
