"""The optional extra, for the tests of it: installed apart, so that all others run without."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from chat.assistant.retrieval import embeddings
from tools.packages import install_to_folder
from tools.paths import ROOT

PARTS = embeddings.PARTS
LOCK = ROOT / "requirements-embeddings.txt"


def pins() -> list[str]:
    """What the extra is made of, as it is locked."""
    lines = [line for line in LOCK.read_text().splitlines() if "==" in line and line[0] != "#"]
    # Behind the version stand hashes, which an install of one package alone is not asked for.
    return [line.split()[0] for line in lines]


@contextmanager
def installed() -> Iterator[None]:
    """The extra can be imported, and is found. Raises `PackageError` if it cannot be got."""
    # At the end: an extra that is installed in this environment goes first.
    folders = [str(install_to_folder(pin)) for pin in pins()]
    sys.path.extend(folders)
    before, embeddings.PARTS = embeddings.PARTS, PARTS
    embeddings.available.cache_clear()
    try:
        yield
    finally:
        embeddings.PARTS = before
        for folder in folders:
            sys.path.remove(folder)
        embeddings.available.cache_clear()


@contextmanager
def away() -> Iterator[None]:
    """The extra is not there, though this environment may have it."""
    before = embeddings.PARTS
    embeddings.PARTS = ("a_package_that_nobody_has",)
    embeddings.available.cache_clear()
    try:
        yield
    finally:
        embeddings.PARTS = before
        embeddings.available.cache_clear()
