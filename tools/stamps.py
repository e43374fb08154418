"""Records which steps are done, and runs steps in one process at a time."""

import fcntl
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.paths import STAMPS, VAR


@contextmanager
def process_lock(name: str) -> Iterator[None]:
    """Hold the lock file `var/<name>.lock`; other processes wait until it is released."""
    VAR.mkdir(exist_ok=True)
    with (VAR / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fingerprint(files: Iterable[Path], *extra: str) -> str:
    """Return a digest of the files' names and contents, and of `extra`.

    Contents rather than times: a fresh clone or a change of branch touches every file.
    """
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    for text in extra:
        digest.update(f"\0{text}".encode())
    return digest.hexdigest()


def is_done(step: str, mark: str) -> bool:
    """Whether `step` was last finished for exactly this fingerprint."""
    stamp = STAMPS / step
    return stamp.is_file() and stamp.read_text() == mark


def done(step: str, mark: str) -> None:
    """Record that `step` is finished for this fingerprint."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / step).write_text(mark)
