"""Cores, and the CPU time and memory of processes. Linux only."""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
# Columns of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal.
_IDLE = (3, 4)
_COUNTED = 8
_PACKAGES = ("django", "channels", "channels-redis", "daphne", "uvicorn", "uvloop", "websockets")


class BenchmarkError(Exception):
    """A measurement failed or is invalid; the message says why."""


def cores() -> tuple[int, int]:
    """Return the server's core, and the one for everything else: client, publisher, database,
    Redis.
    """
    if sys.platform != "linux":
        raise BenchmarkError("needs Linux: it pins processes to cores and reads /proc")
    ours = sorted(os.sched_getaffinity(0))
    if len(ours) < 2:
        raise BenchmarkError("needs two cores, one for the server and one for its load")
    return ours[1], ours[0]


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Pin this thread, and processes that are started meanwhile, to `core`."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_s(pid: int) -> float:
    """Return the CPU seconds used by a process, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def core_busy_s(core: int) -> float:
    """Return the seconds for which a core was busy, including with the hypervisor."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *columns = line.split()
        if name == f"cpu{core}":
            return _TICK_S * sum(
                int(column)
                for number, column in enumerate(columns[:_COUNTED])
                if number not in _IDLE
            )
    raise BenchmarkError(f"/proc/stat does not know core {core}")


def memory_bytes(pid: int) -> int:
    """Return the current resident memory."""
    return _status_bytes(pid, "VmRSS")


def peak_memory_bytes(pid: int) -> int:
    """Return the peak of resident memory since `forget_peak`."""
    return _status_bytes(pid, "VmHWM")


def forget_peak(pid: int) -> None:
    """Reset the peak (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _status_bytes(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise BenchmarkError(f"/proc/{pid}/status has no {name}")


def description() -> dict[str, str]:
    """Return the processor, and the versions of the software involved."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
