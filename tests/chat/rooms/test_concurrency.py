"""Many who talk at the same moment. On PostgreSQL they do so side by side."""

from collections.abc import Callable
from typing import Any

from django.db import connection

from accounts.models import User
from chat.rooms import payload, services
from chat.rooms.models import Message
from tests.chat.rooms.people import ApiUser, event_types, events
from tests.support.threads import Run

MEMBERS = 10
EACH = 20


def some_members(room_id: int) -> list[ApiUser]:
    people = [ApiUser(User.objects.create_user(f"member-{n}")) for n in range(MEMBERS)]
    for person in people:
        services.join_room(user_id=person.id, room_id=room_id)
    return people


def test_ten_members_talk_at_once_and_history_and_log_agree(
    alice: ApiUser, opened: int, at_once: Run
) -> None:
    people = some_members(opened)

    def talk(person: ApiUser) -> Callable[[], list[tuple[int, int]]]:
        def work() -> list[tuple[int, int]]:
            said = []
            for n in range(EACH):
                message = person.posts(opened, f"{person.name} {n}", client_id=str(n))
                said.append((message.pk, message.offset))
                # As at the end of a request; the pool is for 20 threads at once.
                connection.close()
            return said

        return work

    answered = at_once([talk(person) for person in people])
    spoken = events(opened, after=MEMBERS)
    assert [event.offset for event in spoken] == list(
        range(MEMBERS + 1, MEMBERS + MEMBERS * EACH + 1)
    )
    # The message knows its own offset, in the log as in the table.
    assert [event.data["offset"] for event in spoken] == [event.offset for event in spoken]
    rows = Message.objects.filter(room=opened).select_related("user").order_by("id")
    assert [payload.message(row) for row in rows] == [event.data for event in spoken]
    history = alice.asks(f"/rooms/{opened}/messages", limit=200)["results"]
    assert history == [event.data for event in spoken]
    # What each was answered is what everybody sees, and in the order in which they said it.
    for said in answered:
        assert said == sorted(said)
    assert sorted(pair for said in answered for pair in said) == [
        (event.data["id"], event.offset) for event in spoken
    ]
    times = [event.data["created_at"] for event in spoken]
    assert times == sorted(times)


def test_talking_reading_coming_and_going_at_once_move_no_offset(
    alice: ApiUser, opened: int, at_once: Run
) -> None:
    people = some_members(opened)
    alice.posts(opened, "Begin")

    def talk(person: ApiUser) -> Callable[[], None]:
        def work() -> None:
            for n in range(EACH // 2):
                message = person.posts(opened, f"{n}")
                services.mark_read(user_id=person.id, room_id=opened, offset=message.offset)
                services.leave_room(user_id=person.id, room_id=opened)
                services.join_room(user_id=person.id, room_id=opened)
                connection.close()

        return work

    at_once([talk(person) for person in people])
    happened = events(opened)
    assert [event.offset for event in happened] == list(range(1, len(happened) + 1))
    spoken = [event for event in happened if event.type == "message"]
    assert len(spoken) == 1 + MEMBERS * EACH // 2
    assert all(event.data["offset"] == event.offset for event in spoken)
    offsets = Message.objects.filter(room=opened).order_by("id").values_list("offset", flat=True)
    assert list(offsets) == [event.offset for event in spoken]


def test_two_threads_resend_at_once_and_one_message_is_stored(
    alice: ApiUser, closed: int, at_once: Run
) -> None:
    def resend(client_id: str) -> Callable[[], tuple[bool, dict[str, Any]]]:
        def work() -> tuple[bool, dict[str, Any]]:
            posted = services.post_message(
                user_id=alice.id, room_id=closed, content="Hello", client_id=client_id
            )
            return posted.created, payload.posted(posted.message)

        return work

    for n in range(20):
        (one, first), (other, again) = at_once([resend(str(n))] * 2)
        assert first == again
        assert (one, other) in ((True, False), (False, True))
    assert event_types(closed, after=1) == ["message"] * 20
    assert Message.objects.count() == 20


def test_rooms_do_not_wait_for_each_other_in_a_circle(
    alice: ApiUser, bob: ApiUser, closed: int, direct: int, at_once: Run
) -> None:
    def talk(person: ApiUser, rooms: list[int]) -> Callable[[], None]:
        def work() -> None:
            for n in range(EACH):
                for room_id in rooms:
                    person.posts(room_id, str(n))
                connection.close()

        return work

    at_once([talk(alice, [closed, direct]), talk(bob, [direct, closed])] * 3)
    assert event_types(closed, after=1) == ["message"] * EACH * 6
    assert event_types(direct) == ["message"] * EACH * 6
