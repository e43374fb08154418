"""What a burst has used goes back to the system: in processes of their own, as it concerns all of
a process."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.once

MIB = 1024 * 1024
THREADS = 12
# As glibc has them by itself, each of the threads keeps one: 228 MiB.
HASH_BYTES = 19 * MIB
KEPT_BYTES = 64 * MIB

# Twelve threads hash passwords, two at a time and all still there; then the process trims.
HASHES = f"""
import threading
from argon2.low_level import Type, hash_secret
from realtime.server.memory import MemoryTrimmer, limit_arenas, resident_bytes

limit_arenas(2)
trimmer = MemoryTrimmer()
before = resident_bytes()
turns = threading.Semaphore(2)
ready, done = threading.Barrier({THREADS + 1}), threading.Event()

def sign_in():
    for _ in range(2):
        with turns:
            hash_secret(
                b"wrong", b"saltsalt", time_cost=1, memory_cost={HASH_BYTES // 1024},
                parallelism=1, hash_len=32, type=Type.ID,
            )
    ready.wait()
    done.wait()

for _ in range({THREADS}):
    threading.Thread(target=sign_in).start()
ready.wait()
trimmer.trim()
print(resident_bytes() - before)
done.set()
"""

# A burst of bodies leaves holes: every thousandth piece is still used.
PIECES = """
from realtime.server.memory import GROWTH_BYTES, MemoryTrimmer, resident_bytes

trimmer = MemoryTrimmer()
before = resident_bytes()
assert not trimmer.trim(), "nothing has grown"
pieces = [bytes(8192) for _ in range(8 * GROWTH_BYTES // 8192)]
kept = pieces[::1000]
held = resident_bytes() - before
del pieces
assert trimmer.trim()
assert not trimmer.trim(), "nothing has grown since"
print(held, resident_bytes() - before)
"""


def run(program: str) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return [int(number) for number in done.stdout.split()]


def test_threads_that_hash_passwords_do_not_each_keep_their_memory() -> None:
    [kept] = run(HASHES)

    assert kept < KEPT_BYTES, f"{kept / MIB:.0f} MiB"


def test_memory_of_a_burst_goes_back_while_a_little_of_it_is_used() -> None:
    held, kept = run(PIECES)

    assert held > 100 * MIB
    assert kept < held / 4, f"{kept / MIB:.0f} of {held / MIB:.0f} MiB"
