"""Whatever happens in whatever order: count, list, and what a client builds from events agree."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
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

from accounts.topics import user_topic
from api.errors import ApiError
from notifications import payload, selectors, services
from notifications.inbox import Inbox
from notifications.live.policies import InLanguage, UserTopics
from notifications.live.topics import BROADCAST
from notifications.models import Notification
from realtime.protocol.event_views import EventFilter
from tests.notifications.people import head_of, send_to, send_to_all, some_users
from tests.support.events import publications_of

_names = (f"machine{n}" for n in itertools.count())
KEYS = st.sampled_from(["", "", "like", "comment"])
TYPES = st.sampled_from(["ORDER_CREATED", "BLOG_LIKE", "SYSTEM"])
CATEGORIES = st.sampled_from(["shopping", "blog", "prism"])
USER_TOPICS = UserTopics()
ENGLISH = InLanguage("en")


class ModelClient:
    """A page that knows nothing but the events that it is shown of its two topics.

    Nothing orders one topic against the other: what a page hears of a broadcast before the
    broadcast itself it keeps in mind. When preferences change it fetches its list anew.
    """

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id
        self.shown: dict[int, dict[str, Any]] = {}
        self._filter: EventFilter | None = None
        self._seen = {user_topic(user_id): 0, BROADCAST: head_of(BROADCAST)}
        self._came: dict[int, int] = {}
        self._marks: dict[int, str | None] = {}
        self._all_read: list[tuple[int, str]] = []

    def catch_up(self, *, everyones_first: bool) -> None:
        for topic in sorted(self._seen, reverse=not everyones_first):
            for publication in publications_of(topic, self._seen[topic]):
                assert publication.offset == self._seen[topic] + 1
                self._seen[topic] = publication.offset
                if self._filter is None or self._filter.shows(publication):
                    data = orjson.loads(ENGLISH.render(publication).data or b"")
                    self._apply(publication.type, data, publication.offset)
                if USER_TOPICS.changes_filter(publication):
                    self._filter = USER_TOPICS.filter_after(publication)

    def _apply(self, kind: str, data: dict[str, Any], offset: int) -> None:
        match kind:
            case "notification":
                assert data["id"] == data.pop("notification_id")
                assert data["id"] not in self._came
                self._came[data["id"]] = offset
                self._take(data)
            case "notification.read":
                if data["id"] in self.shown:
                    self._read(self.shown[data["id"]], data["read_at"])
                else:
                    self._marks[data["id"]] = data["read_at"]
            case "notification.read_all":
                self._read_all(**data)
            case "notification.deleted":
                if self.shown.pop(data["id"], None) is None:
                    self._marks[data["id"]] = None
            case "preferences":
                self.shown = {row["id"]: row for row in listed(self.user_id)}
            case _:
                raise AssertionError(f"expected an event of the contract, got {kind!r}")

    def _take(self, row: dict[str, Any]) -> None:
        mark = self._marks.pop(row["id"], "")
        if mark is None:
            return
        if mark:
            self._read(row, mark)
        elif row["user_id"] is None:
            for up_to, read_at in self._all_read:
                if row["id"] <= up_to and row["status"] == "UNREAD":
                    self._read(row, read_at)
        self.shown[row["id"]] = row

    def _read_all(self, read_at: str, up_to: int, broadcasts_up_to: int) -> None:
        self._all_read.append((broadcasts_up_to, read_at))
        for row in self.shown.values():
            if row["user_id"] is None:
                meant = row["id"] <= broadcasts_up_to
            else:
                meant = self._came.get(row["id"], 0) <= up_to
            if meant and row["status"] == "UNREAD":
                self._read(row, read_at)

    @staticmethod
    def _read(row: dict[str, Any], read_at: str) -> None:
        if row["status"] == "UNREAD":
            row.update(status="READ", read_at=read_at)


def listed(user_id: int) -> list[dict[str, Any]]:
    """What the list shows, newest first."""
    return [payload.notification(row) for row in Inbox(user_id)[:1000]]


class Notifications(RuleBasedStateMachine):
    """Two people and a service that does everything it may."""

    @initialize()
    def meet(self) -> None:
        self.users = [user.pk for user in some_users(2, next(_names))]
        self.clients = [ModelClient(user) for user in self.users]
        self.versions = dict.fromkeys(self.users, 0)
        self.counts = dict.fromkeys(self.users, 0)
        self.sent: list[tuple[int, int]] = []
        self.batches: list[str] = []

    @rule(key=KEYS, ends=st.booleans(), kind=TYPES)
    def broadcast(self, key: str, ends: bool, kind: str) -> None:
        later = timezone.now() + timedelta(hours=1) if ends else None
        answer = send_to_all(type=kind, collapse_key=key, expires_at=later)
        self.sent += [(user, answer.ids[0]) for user in self.users]
        self.batches.append(answer.batch_id)

    @rule(place=st.sampled_from([0, 1]), category=CATEGORIES, on=st.booleans())
    def prefer(self, place: int, category: str, on: bool) -> None:
        services.set_preferences(user_id=self.users[place], wanted={category: on})

    @rule()
    def somebody_joins(self) -> None:
        """Who sees nothing of what was broadcast before."""
        [late] = some_users(1, next(_names))
        assert selectors.unread(late.pk).count == 0
        assert listed(late.pk) == []

    @rule(place=st.sampled_from([0, 1]))
    def settle(self, place: int) -> None:
        services.settle([self.users[place]])

    @rule(to=st.sampled_from([[0], [1], [0, 1], [1, 0]]), key=KEYS, ends=st.booleans(), kind=TYPES)
    def send(self, to: list[int], key: str, ends: bool, kind: str) -> None:
        users = [self.users[place] for place in to]
        later = timezone.now() + timedelta(hours=1) if ends else None
        answer = send_to(*users, type=kind, collapse_key=key, expires_at=later)
        self.sent += zip(users, answer.ids, strict=True)
        self.batches.append(answer.batch_id)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        user, sent = data.draw(st.sampled_from(self.sent))
        if selectors.find(user, sent) is not None:
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

    @rule(first=st.booleans(), place=st.sampled_from([0, 1]))
    def a_page_catches_up(self, first: bool, place: int) -> None:
        self.clients[place].catch_up(everyones_first=first)

    @invariant()
    def all_agree(self) -> None:
        for client in getattr(self, "clients", []):
            rows = listed(client.user_id)
            unread = selectors.unread(client.user_id)
            assert unread.count == sum(row["status"] == "UNREAD" for row in rows)
            self._versioned(client.user_id, unread)
            client.catch_up(everyones_first=unread.version % 2 == 0)
            assert rows == sorted(
                client.shown.values(), key=lambda row: (row["created_at"], row["id"]), reverse=True
            )

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
