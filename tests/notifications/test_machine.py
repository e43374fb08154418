"""Whatever happens in whatever order: count, list, and what a client builds from events agree."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from api.errors import ApiError
from notifications import payload, selectors, services
from notifications.models import Notification
from tests.notifications.people import events_of, send_to, some_users

_names = (f"machine{n}" for n in itertools.count())
KEYS = st.sampled_from(["", "", "like", "comment"])


class Client:
    """A page that knows nothing but the events of its user's topic."""

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id
        self.offset = 0
        self.shown: dict[int, dict[str, Any]] = {}
        self._came: dict[int, int] = {}

    def catch_up(self) -> None:
        for event in events_of(self.user_id, self.offset):
            assert event.offset == self.offset + 1
            self.offset = event.offset
            self._apply(event.type, event.data)

    def _apply(self, kind: str, data: dict[str, Any]) -> None:
        match kind:
            case "notification":
                assert data["id"] == data.pop("notification_id")
                assert data["id"] not in self._came
                self.shown[data["id"]] = data
                self._came[data["id"]] = self.offset
            case "notification.read":
                self._read(self.shown[data["id"]], data["read_at"])
            case "notification.read_all":
                for row in self.shown.values():
                    if row["status"] == "UNREAD" and self._came[row["id"]] <= data["up_to"]:
                        self._read(row, data["read_at"])
            case "notification.deleted":
                del self.shown[data["id"]]
            case _:
                raise AssertionError(f"expected an event of the contract, got {kind!r}")

    @staticmethod
    def _read(row: dict[str, Any], read_at: str) -> None:
        assert row["status"] == "UNREAD"
        row.update(status="READ", read_at=read_at)


class Notifications(RuleBasedStateMachine):
    """Two people and a service that does everything it may."""

    @initialize()
    def meet(self) -> None:
        self.users = [user.pk for user in some_users(2, next(_names))]
        self.clients = [Client(user) for user in self.users]
        self.versions = dict.fromkeys(self.users, 0)
        self.counts = dict.fromkeys(self.users, 0)
        self.sent: list[tuple[int, int]] = []
        self.batches: list[str] = []

    @rule(to=st.sampled_from([[0], [1], [0, 1], [1, 0]]), key=KEYS, ends=st.booleans())
    def send(self, to: list[int], key: str, ends: bool) -> None:
        users = [self.users[place] for place in to]
        later = timezone.now() + timedelta(hours=1) if ends else None
        answer = send_to(*users, collapse_key=key, expires_at=later)
        self.sent += zip(users, answer.ids, strict=True)
        self.batches.append(answer.batch_id)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        user, sent = data.draw(st.sampled_from(self.sent))
        if Notification.objects.get(pk=sent).deleted_at is None:
            assert services.mark_read(user_id=user, notification_id=sent).status == "READ"
        else:
            with pytest.raises(ApiError):
                services.mark_read(user_id=user, notification_id=sent)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        user, sent = data.draw(st.sampled_from(self.sent))
        services.delete(user_id=user, notification_id=sent)

    @rule(place=st.sampled_from([0, 1]))
    def read_all(self, place: int) -> None:
        services.mark_all_read(user_id=self.users[place])

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        batch = data.draw(st.sampled_from(self.batches))
        services.revoke(sender="service:orders", batch_id=UUID(batch))

    @rule()
    def an_hour_passes(self) -> None:
        now = timezone.now()
        Notification.objects.filter(expires_at__gt=now).update(expires_at=now)
        services.delete_expired()

    @invariant()
    def all_agree(self) -> None:
        for client in getattr(self, "clients", []):
            client.catch_up()
            listed = [payload.notification(row) for row in selectors.inbox(client.user_id)]
            assert listed == [client.shown[row_id] for row_id in sorted(client.shown)[::-1]]
            unread = selectors.unread(client.user_id)
            assert unread.count == sum(row["status"] == "UNREAD" for row in listed)
            self._versioned(client.user_id, unread)

    def _versioned(self, user: int, unread: selectors.Unread) -> None:
        if unread.count != self.counts[user]:
            assert unread.version > self.versions[user]
        else:
            assert unread.version >= self.versions[user]
        self.versions[user], self.counts[user] = unread.version, unread.count


@pytest.fixture
def _taken_back(db: None) -> Iterator[None]:
    with transaction.atomic():
        yield


@pytest.mark.usefixtures("_taken_back")
def test_count_list_and_events_agree_after_anything() -> None:
    run_state_machine_as_test(
        Notifications,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
