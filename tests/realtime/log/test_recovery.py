"""The hand-over from replay to live: for every split, each offset once and none left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.log import recovery
from realtime.protocol.messages import Publication, Topic

pytestmark = pytest.mark.once


def publications(*offsets: int) -> list[Publication]:
    return [Publication(Topic("things/1"), "e", n, "happened", b"{}", 0.0) for n in offsets]


def merged(position: int, head: int, buffer: list[int]) -> list[int]:
    """What a client gets that resumes at `position`: the replay up to `head`, then the rest."""
    replay = list(range(position + 1, head + 1))
    live = recovery.after(replay[-1] if replay else position, publications(*buffer))
    return replay + [publication.offset for publication in live]


@given(st.data())
def test_replay_and_buffer_are_every_offset_once(data: st.DataObject) -> None:
    last = data.draw(st.integers(0, 30), "last offset in the topic")
    head = data.draw(st.integers(0, last), "head when the log was read")
    position = data.draw(st.integers(0, head), "position of the client")
    # The feed had come so far when the subscription joined, which was before it read the log.
    joined = data.draw(st.integers(0, head), "last offset before the buffer")
    buffer = list(range(joined + 1, last + 1))
    assert merged(position, head, buffer) == list(range(position + 1, last + 1))


@given(st.data())
def test_doubles_and_latecomers_in_the_buffer_change_nothing(data: st.DataObject) -> None:
    last = data.draw(st.integers(1, 20))
    head = data.draw(st.integers(0, last))
    buffer = list(range(1, last + 1))
    for _ in range(data.draw(st.integers(0, 8))):
        at = data.draw(st.integers(0, len(buffer)))
        # Only what has been there before: the feed passes on in order.
        seen = [0, *buffer[:at]]
        buffer.insert(at, data.draw(st.integers(0, max(seen))))
    assert merged(0, head, buffer) == list(range(1, last + 1))


@given(st.integers(0, 20), st.integers(2, 5), st.integers(0, 5))
def test_a_hole_is_never_passed_over(offset: int, gap: int, more: int) -> None:
    first = offset + gap
    live = recovery.after(offset, publications(*range(first, first + more + 1)))
    with pytest.raises(recovery.HoleError, match=f"expected offset {offset + 1}, got {first}"):
        next(live)


def test_what_comes_before_a_hole_is_delivered() -> None:
    live = recovery.after(3, publications(3, 4, 5, 7))
    assert [next(live).offset, next(live).offset] == [4, 5]
    with pytest.raises(recovery.HoleError, match="expected offset 6, got 7"):
        next(live)


def test_nothing_arrived_and_nothing_follows() -> None:
    assert list(recovery.after(3, [])) == []
    assert list(recovery.after(3, publications(1, 2, 3))) == []
