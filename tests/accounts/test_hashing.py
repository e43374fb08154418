"""Few passwords are hashed at once, and few threads wait for that."""

import threading

import pytest
from pytest_django import Settings

from accounts.passwords.hashing import HashingSlots
from api.errors import ApiError
from tests.support.deadlines import PATIENCE_S


class HashingThreads:
    """Threads that take a turn, and hold it until they are let go."""

    def __init__(self, slots: HashingSlots) -> None:
        self._slots = slots
        self._go = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Condition()
        self.inside = 0
        self.most = 0

    def send_in(self, count: int) -> None:
        for _ in range(count):
            self._threads.append(threading.Thread(target=self._work))
            self._threads[-1].start()

    def wait_until(self, waiting: int) -> None:
        """Until so many threads wait for a turn."""
        changed = self._slots._changed
        with changed:
            # Nobody notifies when a thread begins to wait: looked at ten times a second.
            for _ in range(int(PATIENCE_S * 10)):
                if self._slots._waiting == waiting:
                    return
                changed.wait(0.1)
        raise AssertionError(f"expected {waiting} to wait, found {self._slots._waiting}")

    def let_go(self) -> None:
        self._go.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _work(self) -> None:
        with self._slots.slot():
            with self._lock:
                self.inside += 1
                self.most = max(self.most, self.inside)
            self._go.wait(PATIENCE_S)
            with self._lock:
                self.inside -= 1


@pytest.fixture
def slots(settings: Settings) -> HashingSlots:
    settings.BELLWIRE_HASHES_AT_ONCE = 2
    settings.BELLWIRE_HASHES_WAITING = 3
    settings.BELLWIRE_HASH_WAIT_S = 600
    return HashingSlots()


def test_no_more_than_so_many_at_once_and_all_have_their_turn(slots: HashingSlots) -> None:
    hashing_threads = HashingThreads(slots)
    hashing_threads.send_in(5)
    hashing_threads.wait_until(waiting=3)
    hashing_threads.let_go()
    assert hashing_threads.most == 2
    assert hashing_threads.inside == 0


def test_beyond_those_who_may_wait_it_is_503_with_retry_after(slots: HashingSlots) -> None:
    hashing_threads = HashingThreads(slots)
    hashing_threads.send_in(5)
    hashing_threads.wait_until(waiting=3)
    with pytest.raises(ApiError) as refusal, slots.slot():
        pass
    hashing_threads.let_go()
    assert (refusal.value.status_code, refusal.value.code) == (503, "UNAVAILABLE")
    assert refusal.value.retry_after


def test_nobody_waits_for_ever(slots: HashingSlots, settings: Settings) -> None:
    hashing_threads = HashingThreads(slots)
    hashing_threads.send_in(2)
    settings.BELLWIRE_HASH_WAIT_S = 0
    with hashing_threads._lock:
        pass
    crowd_is_in = [slots._running]
    while crowd_is_in[-1] < 2:
        with slots._changed:
            slots._changed.wait(0.05)
        crowd_is_in.append(slots._running)
    with pytest.raises(ApiError), slots.slot():
        pass
    hashing_threads.let_go()
    with slots.slot():
        assert slots._running == 1
