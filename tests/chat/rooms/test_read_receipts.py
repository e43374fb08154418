"""Read receipts, and what is unread."""

from collections.abc import Callable
from typing import Any

import pytest

from chat.rooms import services
from chat.rooms.models import Membership, Message
from tests.chat.rooms.people import ApiUser, event_types, events, faults, refusal


def unread(person: ApiUser, room_id: int) -> int:
    count: int = person.room(room_id)["unread_count"]
    [listed] = [room for room in person.rooms() if room["id"] == room_id]
    assert listed["unread_count"] == count
    return count


def test_what_others_said_is_unread_until_it_is_read(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    said = [alice.posts(closed, str(n)) for n in range(3)]
    assert (unread(alice, closed), unread(bob, closed)) == (0, 3)
    shown = bob.does(f"/rooms/{closed}/read", offset=said[1].offset)
    assert shown == {"user_id": bob.id, "offset": said[1].offset}
    assert unread(bob, closed) == 1
    event = events(closed)[-1]
    assert (event.type, event.data) == ("read", shown)


def test_the_cursor_never_goes_back_nor_beyond_the_end(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    last = [alice.posts(closed, str(n)) for n in range(3)][-1]
    far = bob.does(f"/rooms/{closed}/read", offset=2**63 - 1)
    assert far["offset"] == last.offset
    for offset in (0, 1, last.offset):
        assert bob.does(f"/rooms/{closed}/read", offset=offset) == far
    assert event_types(closed) == ["member.joined", "message", "message", "message", "read"]
    alice.posts(closed, "new")
    assert unread(bob, closed) == 1


def test_twenty_tabs_read_at_once_and_the_farthest_holds(
    alice: ApiUser, bob: ApiUser, closed: int, at_once: Callable[..., list[Any]]
) -> None:
    offsets = [alice.posts(closed, str(n)).offset for n in range(20)]

    def read(offset: int) -> Callable[[], int]:
        return lambda: services.mark_read(user_id=bob.id, room_id=closed, offset=offset)

    at_once([read(offset) for offset in offsets])
    assert unread(bob, closed) == 0
    reported_to = [event.data["offset"] for event in events(closed) if event.type == "read"]
    assert reported_to == sorted(set(reported_to))
    assert reported_to[-1] == offsets[-1]


def test_a_newcomer_has_nothing_unread_and_no_receipt(
    alice: ApiUser, bob: ApiUser, opened: int
) -> None:
    alice.posts(opened, "before")
    bob.does(f"/rooms/{opened}/join")
    assert unread(bob, opened) == 0
    assert bob.snapshot(opened)["read"] == {}
    alice.posts(opened, "after")
    assert unread(bob, opened) == 1
    # A receipt for something old changes nothing of that.
    bob.does(f"/rooms/{opened}/read", offset=1)
    assert unread(bob, opened) == 1


def test_who_comes_back_starts_anew(alice: ApiUser, bob: ApiUser, opened: int) -> None:
    bob.does(f"/rooms/{opened}/join")
    alice.posts(opened, "1")
    bob.post(f"/rooms/{opened}/leave")
    alice.posts(opened, "2")
    bob.does(f"/rooms/{opened}/join")
    assert unread(bob, opened) == 0
    assert Membership.objects.get(user=bob.id).read_offset == 0


def test_each_room_and_each_member_counts_for_itself(
    alice: ApiUser, bob: ApiUser, closed: int, direct: int
) -> None:
    alice.posts(closed, "1")
    bob.posts(closed, "2")
    bob.posts(direct, "3")
    bob.posts(direct, "4")
    assert (unread(alice, closed), unread(alice, direct)) == (1, 2)
    assert (unread(bob, closed), unread(bob, direct)) == (1, 0)
    alice.does(f"/rooms/{direct}/read", offset=2)
    assert (unread(alice, closed), unread(alice, direct)) == (1, 0)


def test_what_was_deleted_is_not_unread(alice: ApiUser, bob: ApiUser, closed: int) -> None:
    message = alice.posts(closed, "oops")
    # Nothing deletes messages yet; the count is ready for it.
    Message.objects.filter(pk=message.pk).update(deleted_at=message.created_at)
    assert unread(bob, closed) == 0


@pytest.mark.parametrize("offset", [-1, "x", None, 1.5, True, [], "-0"])
def test_nonsense_is_refused(alice: ApiUser, closed: int, offset: Any) -> None:
    assert faults(alice.post(f"/rooms/{closed}/read", offset=offset)) == ["offset"]


def test_others_send_no_receipts(carol: ApiUser, closed: int, opened: int) -> None:
    assert refusal(carol.post(f"/rooms/{closed}/read", offset=1)) == (404, "NOT_FOUND")
    assert refusal(carol.post(f"/rooms/{opened}/read", offset=1)) == (403, "FORBIDDEN")
