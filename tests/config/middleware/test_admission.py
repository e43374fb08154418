"""Who runs next when all slots are taken."""

import asyncio

import pytest

from config.middleware.admission.queue import OLDEST_EVERY, Admission, BusyError
from tests.support.deadlines import PATIENCE_S

pytestmark = pytest.mark.once


def admission(
    slots: int = 1,
    *,
    waiting: int = 100,
    wait_s: float = PATIENCE_S,
    per_lane: int | None = None,
) -> Admission:
    return Admission(slots, waiting=waiting, wait_s=wait_s, per_lane=per_lane)


class Arrivals:
    """Requests that wait, and the order in which they were let in. The slots are `held` by others
    in the beginning, who leave first."""

    def __init__(self, admission: Admission, held: str = "a") -> None:
        self._admission = admission
        self._held = list(held)
        self.order: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, *names: str) -> None:
        """Each name's first letter is its lane."""
        self.tasks += [asyncio.create_task(self._enter(name)) for name in names]
        await asyncio.sleep(0)

    async def come_to(self, group: str, *names: str, rank: int = 0) -> None:
        """The same, in a group and with a rank."""
        self.tasks += [
            asyncio.create_task(self._enter(name, group=group, rank=rank)) for name in names
        ]
        await asyncio.sleep(0)

    async def _enter(self, name: str, *, group: str = "", rank: int = 0) -> None:
        await self._admission.enter(name[0], group=group, rank=rank)
        self.order.append(name)
        self._held.append(name[0])

    async def go_on(self, number: int) -> None:
        """So many slots become free, one after the other."""
        for _ in range(number):
            self._admission.leave(self._held.pop(0))
            await self.settle()

    async def settle(self) -> None:
        """Until the one whose turn it is has run."""
        for _ in range(5):
            await asyncio.sleep(0)


async def test_lanes_take_turns() -> None:
    gate = admission()
    await gate.enter("a")
    arrivals = Arrivals(gate)
    await arrivals.come("a1", "a2", "a3", "b1", "c1", "b2")

    await arrivals.go_on(6)

    assert arrivals.order == ["a1", "b1", "c1", "a2", "b2", "a3"]


async def test_slot_is_free_again_when_nobody_waits() -> None:
    gate = admission(2)
    seen = [gate.is_full]
    for _ in range(2):
        await gate.enter("a")
        seen.append(gate.is_full)
    for _ in range(2):
        gate.leave("a")
        seen.append(gate.is_full)

    assert seen == [False, False, True, False, False]
    await gate.enter("b")


async def test_wait_ends() -> None:
    gate = admission(wait_s=0)
    await gate.enter("a")

    with pytest.raises(BusyError):
        await gate.enter("b")

    gate.leave("a")
    await gate.enter("c")


async def test_one_lane_leaves_slots_to_the_others() -> None:
    gate = admission(4, per_lane=2)
    arrivals = Arrivals(gate, held="")
    await arrivals.come("a1", "a2", "a3", "a4")
    assert (arrivals.order, gate.is_full) == (["a1", "a2"], False)
    assert (gate.must_wait("a"), gate.must_wait("b")) == (True, False)

    await arrivals.come("b1", "c1", "b2", "d1")
    assert arrivals.order == ["a1", "a2", "b1", "c1"]

    # a1 leaves, and so on. What a lane may not take now goes to the next, and to nobody last.
    await arrivals.go_on(4)
    assert arrivals.order[4:] == ["a3", "b2", "d1", "a4"]
    await arrivals.go_on(2)
    assert not gate.is_full


async def test_slot_that_no_waiting_lane_may_take_is_free_for_another() -> None:
    gate = admission(2, per_lane=1)
    arrivals = Arrivals(gate, held="")
    await arrivals.come("a1", "b1", "a2", "a3")
    assert arrivals.order == ["a1", "b1"]
    gate.leave("b")
    assert gate.must_wait("a")

    await asyncio.wait_for(gate.enter("c"), PATIENCE_S)

    # Its turn comes when one of its own leaves, also while another slot is free.
    gate.leave("c")
    gate.leave("a")
    await arrivals.settle()
    assert arrivals.order == ["a1", "b1", "a2"]


async def test_rank_whose_lanes_have_enough_leaves_its_turn_to_the_next() -> None:
    gate = admission(2, per_lane=1)
    arrivals = Arrivals(gate, held="ab")
    await gate.enter("a")
    await gate.enter("b")
    await arrivals.come_to("", "b1", rank=0)
    await arrivals.come_to("", "c1", "d1", rank=1)

    await arrivals.go_on(3)

    assert arrivals.order == ["c1", "b1", "d1"]


async def test_longest_lane_makes_room_for_another() -> None:
    gate = admission(waiting=3)
    await gate.enter("a")
    arrivals = Arrivals(gate)
    await arrivals.come("a1", "a2", "a3", "b1")

    assert isinstance(await _outcome(arrivals.tasks[2]), BusyError)
    with pytest.raises(BusyError):
        await gate.enter("a")
    await arrivals.go_on(3)
    assert arrivals.order == ["a1", "b1", "a2"]


async def test_groups_take_turns_and_their_lanes_within_them() -> None:
    gate = admission()
    await gate.enter("a")
    arrivals = Arrivals(gate)
    await arrivals.come_to("many", "a1", "b1", "c1", "c2")
    await arrivals.come_to("one", "d1")

    await arrivals.go_on(5)

    assert arrivals.order == ["a1", "d1", "b1", "c1", "c2"]


async def test_lower_rank_goes_first_and_the_oldest_is_not_forgotten() -> None:
    gate = admission()
    await gate.enter("a")
    arrivals = Arrivals(gate)
    await arrivals.come_to("", "a1", "b1", rank=2)
    await arrivals.come_to("", *(f"{lane}1" for lane in "cdefgh"), rank=0)

    await arrivals.go_on(OLDEST_EVERY + 2)

    assert arrivals.order == ["c1", "d1", "e1", "a1", "f1", "g1"]


async def test_highest_rank_makes_room_for_a_lower_one() -> None:
    gate = admission(waiting=3)
    await gate.enter("a")
    arrivals = Arrivals(gate)
    await arrivals.come_to("", "a1", rank=1)
    await arrivals.come_to("many", "b1", "c1", rank=2)
    await arrivals.come_to("", "d1", rank=0)

    assert isinstance(await _outcome(arrivals.tasks[1]), BusyError)
    with pytest.raises(BusyError):
        await gate.enter("e", rank=3)
    await arrivals.go_on(3)
    assert arrivals.order == ["d1", "a1", "c1"]


async def test_largest_group_makes_room_for_another() -> None:
    gate = admission(waiting=3)
    await gate.enter("a")
    arrivals = Arrivals(gate)
    await arrivals.come_to("many", "a1", "b1", "b2")
    await arrivals.come_to("one", "c1")

    assert isinstance(await _outcome(arrivals.tasks[2]), BusyError)
    with pytest.raises(BusyError):
        await gate.enter("d", group="many")
    await arrivals.go_on(3)
    assert arrivals.order == ["a1", "c1", "b1"]


async def test_client_that_left_takes_no_turn() -> None:
    gate = admission()
    await gate.enter("a")
    gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    leaving = asyncio.create_task(gate.enter("b", gone))
    arrivals = Arrivals(gate)
    await arrivals.come("c1")

    gone.set_result(None)
    assert isinstance(await _outcome(leaving), BusyError)
    await arrivals.go_on(1)

    assert arrivals.order == ["c1"]


async def test_cancelled_turn_passes_its_slot_on() -> None:
    gate = admission()
    await gate.enter("a")
    arrivals = Arrivals(gate)
    await arrivals.come("b1", "c1")

    gate.leave("a")
    arrivals.tasks[0].cancel()
    await asyncio.gather(*arrivals.tasks, return_exceptions=True)

    assert arrivals.order == ["c1"]


async def test_it_tells_for_how_long_no_slot_has_been_free() -> None:
    now = 0.0
    gate = Admission(1, waiting=1, wait_s=PATIENCE_S, clock=lambda: now)
    assert gate.full_for_s() == 0
    await gate.enter("a")
    arrivals = Arrivals(gate)
    await arrivals.come("b1")
    now = 3.0
    await arrivals.go_on(1)
    # It was handed on, and never free.
    now = 5.0
    assert gate.full_for_s() == 5

    gate.leave("b")

    assert gate.full_for_s() == 0


async def _outcome(task: "asyncio.Task[None]") -> BaseException | None:
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.wait([task])
    return task.exception()
