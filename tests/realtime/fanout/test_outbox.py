"""The bounded queue: straight through, kept back in order, or overflowed; nobody waits."""

import asyncio
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.fanout.outbox import Outbox
from realtime.protocol.frames import Frame
from tests.realtime.actors import RecordingWriter
from tests.support.deadlines import PATIENCE_S

pytestmark = pytest.mark.once


def frame(number: int, size: int = 10) -> Frame:
    return Frame(str(number).encode().ljust(size))


def numbers(frames: Iterable[Frame]) -> list[int]:
    return [int(each.text) for each in frames]


class Box:
    """An outbox of 5 frames and 100 bytes on a wire that remembers."""

    def __init__(self) -> None:
        self.overflows = 0
        self.writer = RecordingWriter()
        self.outbox = Outbox(self.writer, max_frames=5, max_bytes=100, on_overflow=self._overflowed)

    def _overflowed(self) -> None:
        self.overflows += 1

    def sends(self, *numbers: int, size: int = 10) -> None:
        for number in numbers:
            self.outbox.send(frame(number, size))

    @property
    def written(self) -> list[int]:
        return numbers(self.writer.frames)


@pytest.fixture
async def box() -> Box:
    return Box()


async def test_while_the_wire_takes_them_frames_pass_straight_through(box: Box) -> None:
    box.sends(*range(100))
    assert box.written == list(range(100))
    assert box.outbox.clear
    assert box.outbox.waiting == 0


async def test_the_frame_that_fills_the_wire_was_taken_and_the_next_wait(box: Box) -> None:
    box.writer.taking = False
    box.sends(1, 2, 3)
    assert box.written == [1]
    assert box.outbox.waiting == 2
    assert not box.outbox.clear


async def test_when_the_wire_takes_more_what_waited_goes_first_and_in_order(box: Box) -> None:
    box.writer.taking = False
    box.sends(1, 2, 3)
    box.outbox.resume()
    assert box.written == [1, 2]
    box.sends(4)
    box.writer.taking = True
    box.outbox.resume()
    box.sends(5)
    assert box.written == [1, 2, 3, 4, 5]
    assert box.outbox.clear


async def test_one_frame_too_many_overflows_once_and_forgets_what_waited(box: Box) -> None:
    box.writer.taking = False
    box.sends(0, 1, 2, 3, 4, 5)
    assert (box.outbox.waiting, box.overflows) == (5, 0)
    box.sends(6)
    assert (box.outbox.waiting, box.overflows) == (0, 1)
    box.sends(7, 8)
    box.writer.taking = True
    box.outbox.resume()
    box.sends(9)
    assert box.written == [0]
    assert box.overflows == 1


async def test_one_byte_too_many_overflows(box: Box) -> None:
    box.writer.taking = False
    box.sends(0)
    box.sends(1, 2, size=50)
    assert (box.outbox.waiting, box.overflows) == (2, 0)
    box.sends(3, size=1)
    assert (box.outbox.waiting, box.overflows) == (0, 1)


async def test_bytes_that_were_taken_count_no_longer(box: Box) -> None:
    box.writer.taking = False
    box.sends(0)
    for number in range(1, 50):
        box.sends(number, size=90)
        box.outbox.resume()
    assert box.overflows == 0
    assert box.written == list(range(50))


async def test_a_reader_that_keeps_up_may_be_sent_a_frame_of_any_size(box: Box) -> None:
    box.sends(1, size=1_000)
    assert box.written == [1]
    assert box.overflows == 0


async def test_whoever_waits_for_it_is_told_when_everything_is_written(box: Box) -> None:
    box.writer.taking = False
    box.sends(1, 2, 3)
    waiters = [asyncio.create_task(box.outbox.drained()) for _ in range(3)]
    box.outbox.resume()
    box.writer.taking = True
    box.outbox.resume()
    async with asyncio.timeout(PATIENCE_S):
        assert await asyncio.gather(*waiters) == [True, True, True]
    assert await box.outbox.drained()


async def test_whoever_waits_for_it_is_told_when_it_is_discarded(box: Box) -> None:
    box.writer.taking = False
    box.sends(1, 2)
    waiter = asyncio.create_task(box.outbox.drained())
    await asyncio.sleep(0)
    box.outbox.discard()
    async with asyncio.timeout(PATIENCE_S):
        assert not await waiter
    assert not await box.outbox.drained()


async def test_a_waiter_that_gives_up_does_not_take_the_others_with_it(box: Box) -> None:
    box.writer.taking = False
    box.sends(1, 2)
    patient, impatient = (asyncio.create_task(box.outbox.drained()) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    box.writer.taking = True
    box.outbox.resume()
    async with asyncio.timeout(PATIENCE_S):
        assert await patient


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 40)), st.tuples(st.just("resume"), st.booleans())
    ),
    max_size=60,
)


@given(STEPS)
def test_whatever_happens_what_is_written_is_the_beginning_of_what_was_sent(
    steps: list[tuple[str, int]],
) -> None:
    async def play() -> None:
        box, sent = Box(), 0
        for step, value in steps:
            if step == "send":
                box.sends(sent, size=value)
                sent += 1
            else:
                box.writer.taking = bool(value)
                box.outbox.resume()
            assert box.written == list(range(len(box.written)))
            assert box.outbox.waiting <= 5
            assert box.overflows <= 1
            if not box.overflows:
                assert len(box.written) + box.outbox.waiting == sent

    asyncio.run(play())
