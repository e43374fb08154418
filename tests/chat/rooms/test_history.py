"""The history, part by part, in both directions."""

import pytest

from tests.chat.rooms.people import ApiUser, faults


def said(person: ApiUser, room_id: int, count: int) -> list[int]:
    """Ids of messages `0`, `1`, …"""
    return [person.posts(room_id, str(n)).pk for n in range(count)]


def test_the_newest_part_comes_first_and_the_oldest_message_of_it(
    alice: ApiUser, closed: int
) -> None:
    said(alice, closed, 60)
    page = alice.asks(f"/rooms/{closed}/messages")
    assert list(page) == ["results", "next", "previous"]
    assert [row["content"] for row in page["results"]] == [str(n) for n in range(10, 60)]
    assert page["next"] is None
    earlier = alice.asks(page["previous"])
    assert [row["content"] for row in earlier["results"]] == [str(n) for n in range(10)]
    assert earlier["previous"] is None
    later = alice.asks(earlier["next"])
    assert later["results"] == page["results"]


def test_cursors_are_message_ids_and_leave_themselves_out(alice: ApiUser, closed: int) -> None:
    ids = said(alice, closed, 10)
    assert alice.receives(closed, before=ids[5], limit=2) == ["3", "4"]
    assert alice.receives(closed, after=ids[5], limit=2) == ["6", "7"]
    assert alice.receives(closed, after=ids[2], before=ids[8]) == ["3", "4", "5", "6", "7"]
    assert alice.receives(closed, after=ids[2], before=ids[8], limit=2) == ["3", "4"]
    assert alice.receives(closed, after=0, limit=3) == ["0", "1", "2"]
    assert alice.receives(closed, after=ids[9]) == alice.receives(closed, before=ids[0]) == []
    assert alice.receives(closed, before=10**30, limit=1) == ["9"]
    assert alice.receives(closed, after=10**30) == []


def test_every_part_leads_to_the_next(alice: ApiUser, closed: int) -> None:
    said(alice, closed, 10)
    page = alice.asks(f"/rooms/{closed}/messages", after=0, limit=3)
    received = [row["content"] for row in page["results"]]
    while page["next"]:
        page = alice.asks(page["next"])
        received += [row["content"] for row in page["results"]]
    assert received == [str(n) for n in range(10)]


def test_two_hundred_are_the_most(alice: ApiUser, closed: int) -> None:
    said(alice, closed, 201)
    assert len(alice.receives(closed, limit=200)) == 200
    assert len(alice.receives(closed, limit=10**12)) == 200


@pytest.mark.parametrize("name", ["before", "after", "limit"])
@pytest.mark.parametrize("value", ["-1", "x", "1.5", "1_0", "", "٣"])
def test_nonsense_is_refused(alice: ApiUser, closed: int, name: str, value: str) -> None:
    assert faults(alice.get(f"/rooms/{closed}/messages", **{name: value})) == [name]


def test_nothing_of_nothing_is_refused(alice: ApiUser, closed: int) -> None:
    assert faults(alice.get(f"/rooms/{closed}/messages", limit=0)) == ["limit"]
    assert alice.asks(f"/rooms/{closed}/messages") == {
        "results": [],
        "next": None,
        "previous": None,
    }


def test_a_newcomer_reads_what_was_said_before(alice: ApiUser, bob: ApiUser, opened: int) -> None:
    said(alice, opened, 3)
    bob.does(f"/rooms/{opened}/join")
    assert bob.receives(opened) == ["0", "1", "2"]


def test_other_rooms_are_not_heard(alice: ApiUser, closed: int, direct: int) -> None:
    for n in range(6):
        alice.posts(closed if n % 2 else direct, str(n))
    assert alice.receives(closed) == ["1", "3", "5"]
    assert alice.receives(direct, limit=2) == ["2", "4"]
