"""Many who write at the same moment. On PostgreSQL they do so side by side."""

import random
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from notifications import services
from notifications.inbox import Inbox
from notifications.live.topics import BROADCAST
from notifications.models import Notification
from notifications.services import Answer
from tests.notifications.people import events_of, head_of, send_to, send_to_all, some_users, unread
from tests.support.events import events_on
from tests.support.threads import Run, failures


def test_twenty_writers_leave_no_hole(transactional_db: None, at_once: Run) -> None:
    user = some_users(1)[0].pk

    def write() -> None:
        for _ in range(50):
            send_to(user)

    assert failures(at_once([write] * 20)) == []
    events = events_of(user)
    assert [event.offset for event in events] == list(range(1, 1_001))
    reported = [event.data["id"] for event in events]
    assert reported == sorted(set(reported)), "ids grow as offsets do"
    times = [event.data["created_at"] for event in events]
    assert times == sorted(times)
    assert unread(user) == 1_000


def test_twenty_sends_to_the_same_thousand_in_different_orders(
    transactional_db: None, at_once: Run
) -> None:
    users = [user.pk for user in some_users(1_000)]

    def write(seed: int) -> Callable[[], Any]:
        shuffled = random.Random(seed).sample(users, len(users))
        # Every other one collapses: it takes more locks, and takes them in more steps.
        return lambda: send_to(*shuffled, collapse_key="k" if seed % 2 else "")

    assert failures(at_once([write(seed) for seed in range(20)])) == []
    assert {unread(user) for user in users[::100]} == {11}
    assert Notification.objects.filter(deleted_at=None, read_at=None).count() == 11_000
    assert [event.offset for event in events_of(users[0])] == list(range(1, 30))


def test_two_sends_to_ten_thousand_in_opposite_orders(transactional_db: None, at_once: Run) -> None:
    users = [user.pk for user in some_users(10_000)]
    orders = [users, users[::-1]]
    assert failures(at_once([partial(send_to, *each, collapse_key="k") for each in orders])) == []
    assert Notification.objects.filter(deleted_at=None).count() == len(users)
    assert {unread(user) for user in users[::500]} == {1}


def test_everything_at_once_and_the_count_is_right(transactional_db: None, at_once: Run) -> None:
    users = [user.pk for user in some_users(30)]
    answers = [send_to(*users, collapse_key=f"k{n}") for n in range(4)]

    def collapse() -> None:
        send_to(*reversed(users), collapse_key="k0")

    def revoke() -> None:
        services.revoke(sender="service:orders", batch_id=UUID(answers[1].batch_id))

    def read_all() -> None:
        for user in users[::-2]:
            services.mark_all_read(user_id=user)

    def read() -> None:
        for user, sent in zip(users, answers[2].ids, strict=True):
            services.mark_read(user_id=user, notification_id=sent)

    def delete() -> None:
        for user, sent in zip(users, answers[3].ids, strict=True):
            services.delete(user_id=user, notification_id=sent)

    work = [collapse, revoke, read_all, read, delete]
    assert failures(at_once([*work, *work])) == []
    for user in users:
        rows = Notification.objects.filter(user=user, deleted_at=None, read_at=None)
        assert unread(user) == rows.count()
        offsets = [event.offset for event in events_of(user)]
        assert offsets == list(range(1, len(offsets) + 1))


def those_who_send(users: list[int], doomed: list[Answer]) -> list[Callable[[], None]]:
    """A service that tells them, and everyone; and one that takes back."""

    def send_message() -> None:
        for kind in ("BLOG_LIKE", "ORDER_CREATED", "announcement"):
            send_to(*users, type=kind)
            send_to_all(type=kind, collapse_key="k0")

    def withdraw() -> None:
        for answer in doomed[1:]:
            services.revoke(sender="service:orders", batch_id=UUID(answer.batch_id))

    return [send_message, withdraw, lambda: services.settle(users[::-1])]


def those_who_read(users: list[int], seen: list[int], doomed: int) -> list[Callable[[], None]]:
    """They switch a category off and on, read, and delete."""

    def mute() -> None:
        for user in users:
            for on in (False, True, user % 2 == 0):
                services.set_preferences(user_id=user, wanted={"blog": on})

    def read() -> None:
        for user in users[::-1]:
            services.mark_read(user_id=user, notification_id=seen[0])
            services.mark_all_read(user_id=user)

    def delete() -> None:
        for user in users:
            services.delete(user_id=user, notification_id=seen[1])
            services.delete(user_id=user, notification_id=doomed)

    return [mute, read, delete]


def test_broadcasts_preferences_and_everything_else_at_once_and_the_count_is_right(
    transactional_db: None, at_once: Run
) -> None:
    users = [user.pk for user in some_users(12)]
    seen = [send_to_all(type=kind).ids[0] for kind in ("BLOG_LIKE", "SYSTEM", "BLOG_COMMENT")]
    doomed = [send_to_all(type="BLOG_LIKE", collapse_key=f"k{n}") for n in range(3)]
    work = [*those_who_send(users, doomed), *those_who_read(users, seen, doomed[1].ids[0])]
    assert failures(at_once([*work, *work])) == []
    shown = [sum(row.read_at is None for row in Inbox(user)[:1000]) for user in users]
    assert [unread(user) for user in users] == shown
    services.settle(users)
    assert [unread(user) for user in users] == shown, "and nothing had drifted"
    assert len(events_on(BROADCAST, head_of(BROADCAST) - 10)) == 10
