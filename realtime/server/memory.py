"""Keeps the C library's allocator from holding the memory of past bursts.

glibc gives threads their own arenas, up to eight for each core, and each keeps the largest block
that was freed in it: after some sign-ins, every thread that had hashed a password held its 19 MiB.
"""

import ctypes
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

# From mallopt(3).
_M_ARENA_MAX = -8
# Growth before trimming, which holds the allocator's locks for some milliseconds.
GROWTH_BYTES = 16 * 1024 * 1024


def _libc_function(name: str) -> Callable[..., int] | None:
    """Return a function of the C library, or None if it has none of that name (musl, macOS)."""
    try:
        found: Any = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return None
    return found  # type: ignore[no-any-return]


def limit_arenas(count: int) -> None:
    """Let all threads share `count` arenas; 0 keeps the default. Call it before threads start."""
    mallopt = _libc_function("mallopt")
    if count and mallopt is not None and not mallopt(_M_ARENA_MAX, count):
        logger.warning("The C library does not take BELLWIRE_MALLOC_ARENAS=%d", count)


def resident_bytes() -> int:
    """Return the resident memory of this process in bytes; 0 if /proc is not available."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


class MemoryTrimmer:
    """Returns free memory to the system whenever the process has grown."""

    def __init__(self) -> None:
        self._trim = _libc_function("malloc_trim")
        self._least = resident_bytes()

    def trim(self) -> bool:
        """Trim if the process has grown since the last time; return whether it did."""
        now = resident_bytes()
        self._least = min(self._least, now)
        if self._trim is None or now - self._least < GROWTH_BYTES:
            return False
        self._trim(0)
        self._least = resident_bytes()
        return True
