"""The deadlines of one connection, on a clock of the test's own."""

import pytest

from realtime.server.conf import ServerLimits
from realtime.server.deadlines import RequestDeadline, WriteDeadline
from tests.realtime.server.clock import FakeClock

pytestmark = pytest.mark.once

LIMITS = ServerLimits(
    header_s=10,
    body_s=10,
    body_rate=500,
    body_total_s=300,
    body_chunks=10_000,
    keep_alive_s=5,
    send_s=30,
    send_rate=500,
    connections=0,
    connections_per_address=10,
)
# Longer than any second look.
MOMENT_S = 1.0


class RawClient:
    """A connection's sending side."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.late = 0
        self.paused = False
        self.deadline = RequestDeadline(
            self.clock, LIMITS, is_paused=lambda: self.paused, on_late=self._count
        )

    def _count(self) -> None:
        self.late += 1


def test_head_deadline_counts_from_its_beginning() -> None:
    client = RawClient()
    client.deadline.expect_head()
    for _ in range(9):
        client.clock.advance(1)
        # One more byte of the head.
        client.deadline.expect_head()
    assert client.late == 0

    client.clock.advance(1 + MOMENT_S)

    assert client.late == 1
    assert client.clock.pending == 0


def test_head_in_time_leaves_no_timer() -> None:
    client = RawClient()
    client.deadline.expect_head()
    client.clock.advance(9)
    client.deadline.stop()

    client.clock.advance(100)

    assert client.late == client.clock.pending == 0


def test_head_that_arrived_while_the_process_stood_still_is_read_first() -> None:
    client = RawClient()
    client.deadline.expect_head()
    # The timer is due, and the loop runs it before it reads the head.
    client.clock.advance(10)
    client.deadline.stop()

    client.clock.advance(100)

    assert client.late == 0


def test_body_deadline_holds_a_minimum_rate_in_each_period() -> None:
    client = RawClient()
    client.deadline.expect_body()
    for _ in range(12):
        client.deadline.received(2_500)
        client.clock.advance(5)
    assert client.late == 0

    # A megabyte at once is no credit for the silence after it.
    client.deadline.received(1_000_000)
    client.clock.advance(20 + 3 * MOMENT_S)

    assert client.late == 1


def test_body_deadline_ends_a_body_below_the_rate() -> None:
    client = RawClient()
    client.deadline.expect_body()
    for _ in range(12):
        client.deadline.received(1)
        client.deadline.expect_body()
        client.clock.advance(1)

    assert client.late == 1


def test_whole_body_has_a_deadline_at_any_rate() -> None:
    client = RawClient()
    client.deadline.expect_body()
    for _ in range(295):
        client.deadline.received(10_000)
        client.deadline.expect_body()
        client.clock.advance(1)
    assert client.late == 0

    for _ in range(10):
        client.deadline.received(10_000)
        client.clock.advance(1)

    assert client.late == 1
    assert client.clock.pending == 0


def test_largest_body_over_the_slowest_mobile_link_is_in_time() -> None:
    client = RawClient()
    client.deadline.expect_body()
    left = 8 * 1024 * 1024
    while left > 0:
        client.deadline.received(29_000)
        client.clock.advance(1)
        left -= 29_000

    assert client.late == 0


def test_each_body_has_its_own_deadline() -> None:
    client = RawClient()
    for _ in range(10):
        client.deadline.expect_body()
        for _ in range(200):
            client.deadline.received(1_000)
            client.clock.advance(1)
        client.deadline.stop()

    assert client.late == 0


def test_pauses_of_the_server_do_not_count_for_the_whole_body() -> None:
    client = RawClient()
    client.deadline.expect_body()
    client.paused = True
    client.clock.advance(1_000)
    client.paused = False
    for _ in range(200):
        client.deadline.received(1_000)
        client.clock.advance(1)

    assert client.late == 0


def test_nothing_is_expected_while_the_server_does_not_read() -> None:
    client = RawClient()
    client.paused = True
    client.deadline.expect_body()
    client.clock.advance(1_000)
    assert client.late == 0

    client.paused = False
    client.clock.advance(10 + 2 * MOMENT_S)

    assert client.late == 1


class StreamViewFactory:
    """A connection's receiving side: bytes that the client has not taken."""

    def __init__(self, unsent: int) -> None:
        self.unsent = unsent
        self.aborted = False

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def abort(self) -> None:
        self.aborted = True


@pytest.mark.parametrize(
    ("unsent", "taken_each_second", "aborted"),
    [
        (100_000, 0, True),
        (100_000, 100, True),
        (100_000, 1_000, False),
        # The last bytes, which are fewer than the rate asks for.
        (3_000, 0, True),
        (3_000, 150, False),
        (0, 0, False),
    ],
)
def test_write_deadline_aborts_who_reads_below_the_rate(
    unsent: int, taken_each_second: int, aborted: bool
) -> None:
    clock, view_factory = FakeClock(), StreamViewFactory(unsent)
    deadline = WriteDeadline(clock, LIMITS, view_factory)
    deadline.watch()
    for _ in range(120):
        clock.advance(1)
        view_factory.unsent = max(0, view_factory.unsent - taken_each_second)

    assert view_factory.aborted is aborted
    assert clock.pending == 0


def test_write_deadline_leaves_a_growing_answer_alone() -> None:
    clock, view_factory = FakeClock(), StreamViewFactory(1_000)
    deadline = WriteDeadline(clock, LIMITS, view_factory)
    deadline.watch()
    clock.advance(29)
    view_factory.unsent = 50_000
    clock.advance(2)
    assert not view_factory.aborted

    clock.advance(30)

    assert view_factory.aborted
