"""What is sent to everyone: one row, one event, and each one's own reading of it."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.users.directory import ensure_external_users, user_of_issuer
from notifications import batch_recipients, selectors, services
from notifications.live.topics import BROADCAST
from notifications.models import Batch, Broadcast, Notification, Receipt
from realtime.log import event_log
from realtime.protocol.messages import Position, Topic
from realtime.registries.topics import policy_of
from tests.notifications.people import (
    NOTIFICATIONS,
    ApiUser,
    Service,
    head_of,
    send_to,
    send_to_all,
    some_users,
)
from tests.notifications.test_statements import statements
from tests.realtime.actors import principal
from tests.support.events import events_on

TO_ALL = {"broadcast": True, "type": "announcement", "message": "We move on Sunday"}


def test_it_is_stored_once_told_once_and_listed_by_everyone(
    orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    before = head_of(BROADCAST)
    answer = orders.post(TO_ALL)
    assert answer.status_code == 201, answer.content
    sent = answer.json()
    assert (sent["count"], len(sent["ids"])) == (1, 1)
    assert Notification.objects.count() == 1
    [event] = events_on(BROADCAST, before)
    for person in (alice, bob):
        [row] = person.rows()
        template = {"templates": {"title": {"key": "type"}}}
        assert row | {"notification_id": row["id"]} | template == event.data
        assert (row["id"], row["user_id"], row["status"]) == (sent["ids"][0], None, "UNREAD")
        assert person.count() == 1
        assert person.event_types() == []


def test_who_joins_later_has_nothing_of_it(orders: Service) -> None:
    [sent] = orders.post(TO_ALL).json()["ids"]
    [user] = some_users(1, "late")
    late = ApiUser(user)
    assert late.rows() == []
    assert late.count() == 0
    assert late.put(f"/{sent}/read").status_code == 404
    assert late.delete(f"/{sent}").status_code == 404
    assert not Receipt.objects.exists()


def test_reading_one_is_each_ones_own(orders: Service, alice: ApiUser, bob: ApiUser) -> None:
    [sent] = orders.post(TO_ALL).json()["ids"]
    answer = alice.put(f"/{sent}/read")
    assert answer.status_code == 200
    assert answer.json()["status"] == "READ"
    assert alice.put(f"/{sent}/read").json() == answer.json()
    assert [event.type for event in alice.events()] == ["notification.read"]
    assert alice.rows(status="READ") == [answer.json()]
    assert (alice.ids("/unread"), alice.count()) == ([], 0)
    assert (bob.ids("/unread"), bob.count(), bob.event_types()) == ([sent], 1, [])


def test_deleting_one_is_each_ones_own_read_or_not(
    orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    [first] = orders.post(TO_ALL).json()["ids"]
    [second] = orders.post(TO_ALL).json()["ids"]
    alice.put(f"/{first}/read")
    for sent in (first, second, first):
        assert alice.delete(f"/{sent}").status_code == 204
    assert alice.event_types() == [
        "notification.read",
        "notification.deleted",
        "notification.deleted",
    ]
    assert (alice.ids(), alice.count()) == ([], 0)
    assert alice.put(f"/{first}/read").status_code == 404
    assert (bob.ids(), bob.count()) == ([second, first], 2)


def test_reading_all_reads_both_kinds(orders: Service, alice: ApiUser, bob: ApiUser) -> None:
    orders.send(alice)
    [sent] = orders.post(TO_ALL).json()["ids"]
    assert alice.put("/read-all").json()["updated"] == 2
    event = alice.events()[-1]
    assert event.type == "notification.read_all"
    assert (event.data["up_to"], event.data["broadcasts_up_to"]) == (1, sent)
    assert {row["status"] for row in alice.rows()} == {"READ"}
    [later] = orders.post(TO_ALL).json()["ids"]
    assert alice.ids("/unread") == [later]
    assert (alice.count(), bob.count()) == (1, 2)


def test_lists_mix_both_kinds_by_time_over_pages_and_filters(
    orders: Service, alice: ApiUser
) -> None:
    sent: list[int] = []
    for n in range(4):
        sent += orders.send(alice)["ids"]
        sent += orders.post({**TO_ALL, "type": "SYSTEM" if n % 2 else "announcement"}).json()["ids"]
    wanted = sent[::-1]
    assert alice.ids() == wanted
    pages = [alice.ids(page=page, size=3) for page in (1, 2, 3, 4)]
    assert pages == [wanted[:3], wanted[3:6], wanted[6:], []]
    assert alice.ids(type="announcement") == [sent[5], sent[1]]
    alice.put(f"/{sent[7]}/read")
    assert alice.ids(status="READ") == [sent[7]]
    assert alice.ids(status="READ", type="announcement") == []
    assert alice.ids("/unread", type="SYSTEM") == [sent[3]]


def test_revoked_or_expired_it_is_gone_for_everyone(
    orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    revoked = orders.post(TO_ALL).json()
    soon = timezone.now() + timedelta(hours=1)
    expiring = orders.post({**TO_ALL, "expires_at": soon.isoformat()}).json()
    alice.put(f"/{revoked['ids'][0]}/read")
    before = head_of(BROADCAST)
    assert (
        orders.client.delete(f"/api/v1/notifications/sent/{revoked['batch_id']}").status_code == 204
    )
    Notification.objects.filter(pk=expiring["ids"][0]).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert services.delete_expired() == 1
    assert [(event.type, event.data["id"]) for event in events_on(BROADCAST, before)] == [
        ("notification.deleted", revoked["ids"][0]),
        ("notification.deleted", expiring["ids"][0]),
    ]
    for person in (alice, bob):
        assert (person.ids(), person.count()) == ([], 0)
        assert person.put(f"/{expiring['ids'][0]}/read").status_code == 404
        assert person.delete(f"/{expiring['ids'][0]}").status_code == 204


def test_its_sender_sees_how_many_have_read_and_deleted_it(
    orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    sent = orders.post(TO_ALL).json()
    alice.put(f"/{sent['ids'][0]}/read")
    bob.put(f"/{sent['ids'][0]}/read")
    bob.delete(f"/{sent['ids'][0]}")
    answer = orders.client.get(f"{NOTIFICATIONS}/sent/{sent['batch_id']}").json()
    assert answer == {"batch_id": sent["batch_id"], "count": 1, "read": 2, "deleted": 1}


def test_a_newer_one_with_the_same_key_takes_its_place(orders: Service, alice: ApiUser) -> None:
    orders.post({**TO_ALL, "collapse_key": "status"})
    own = orders.send(alice, collapse_key="status")["ids"]
    before = head_of(BROADCAST)
    [newer] = orders.post({**TO_ALL, "collapse_key": "status"}).json()["ids"]
    assert [event.type for event in events_on(BROADCAST, before)] == [
        "notification.deleted",
        "notification",
    ]
    # One's own with that key is another thing.
    assert alice.ids() == [newer, *own]
    assert alice.count() == 2


def test_a_key_is_answered_once(orders: Service, alice: ApiUser) -> None:
    first = orders.post(TO_ALL, key="k")
    assert orders.post(TO_ALL, key="k").json() == first.json()
    assert orders.post({**TO_ALL, "message": "Else"}, key="k").status_code == 409
    assert alice.count() == 1


@pytest.mark.parametrize("more", [{"user_ids": [1]}, {"broadcast": False}])
def test_everyone_is_named_in_place_of_a_list(orders: Service, more: dict[str, object]) -> None:
    assert "Expected exactly one of" in str(orders.refused(**{**TO_ALL, **more}))


def test_it_costs_the_same_however_many_there_are(db: None) -> None:
    asked = [statements(partial(send_to_all))]
    some_users(5_000)
    with CaptureQueriesContext(connection) as seen:
        answer = send_to_all()
    asked.append(len(seen))
    assert asked[0] == asked[1] <= 12
    assert Receipt.objects.count() == 0
    rows = Notification.objects.filter(batch=UUID(answer.batch_id)).count()
    assert (rows, Broadcast.objects.count()) == (1, 2)


def test_ids_are_unique_over_both_kinds(db: None) -> None:
    [user] = some_users(1)
    ids = [*send_to(user.pk).ids, *send_to_all().ids, *send_to(user.pk).ids, *send_to_all().ids]
    assert ids == sorted(set(ids))


def test_a_database_that_refuses_it_has_sent_nothing(
    orders: Service, alice: ApiUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, unread = head_of(BROADCAST), selectors.unread(alice.id)
    [sent] = send_to_all().ids
    with pytest.raises(IntegrityError), transaction.atomic():
        # The same row again: what a second writer of the same id would be told.
        Broadcast.objects.create(
            notification_id=sent, category="system", created_at=timezone.now(), sent=0
        )
    services.revoke(sender="service:orders", batch_id=Notification.objects.get(pk=sent).batch_id)
    assert head_of(BROADCAST) == before + 2
    assert selectors.unread(alice.id).count == unread.count


# --- who joins later ------------------------------------------------------------------------------


def makes_by_form(name: str) -> User:
    return User.objects.create_user(name, password="long enough 1")


def makes_by_command(name: str) -> User:
    call_command("issue_token", name, "--create", stdout=StringIO())
    return User.objects.get(username=name)


def makes_by_issuer(name: str) -> User:
    return user_of_issuer(subject=name, payload={})


def makes_by_send(name: str) -> User:
    return User.objects.get(pk=ensure_external_users(external_ids=[name])[name])


MAKERS = [makes_by_form, makes_by_command, makes_by_issuer, makes_by_send]


@pytest.mark.parametrize("makes", MAKERS)
def test_clocks_say_nothing_about_whose_it_is(makes: Callable[[str], User], db: None) -> None:
    """Nor does a date of joining that an admin changes."""
    early = send_to_all(message="before")
    user = makes("late")
    later = send_to_all(message="after")
    for clock in (timezone.now() - timedelta(days=9), timezone.now() + timedelta(days=9)):
        User.objects.filter(pk=user.pk).update(date_joined=clock)
        late = ApiUser(user)
        assert late.ids() == list(later.ids)
        assert late.count() == 1
        assert late.put(f"/{early.ids[0]}/read").status_code == 404
        assert late.delete(f"/{early.ids[0]}").status_code == 404
    late.put("/read-all")
    assert set(Receipt.objects.values_list("notification", flat=True)) == set(later.ids)
    services.recount(user_id=user.pk)
    assert late.count() == 0


def test_of_two_broadcasts_who_is_made_between_has_the_second(db: None) -> None:
    send_to_all()
    between = ApiUser(makes_by_form("between"))
    [second] = send_to_all().ids
    services.settle([between.id])
    assert (between.ids(), between.count()) == ([second], 1)


@pytest.mark.parametrize("makes", MAKERS)
def test_a_replay_hides_what_was_sent_before(makes: Callable[[str], User], db: None) -> None:
    [withdrawn] = send_to_all(message="withdrawn").ids
    services.withdraw(notification_ids=[withdrawn])
    send_to_all(message="before")
    user = makes("late")
    head = head_of(BROADCAST)
    send_to_all(message="after")
    policy, topic = policy_of(BROADCAST), Topic(BROADCAST)
    replayed = event_log.read({topic: Position(None, 0)})[1][topic].publications
    hidden = policy.hidden(principal(user.pk), replayed)
    assert policy.hides
    assert hidden == {one.offset for one in replayed if one.offset <= head}
    assert {one.offset for one in replayed} - set(hidden) == {head + 1}


def test_who_was_made_past_the_program_is_judged_by_time(db: None) -> None:
    send_to_all(message="before")
    [user] = some_users(1, "raw")
    later = send_to_all(message="after")
    topic = Topic(BROADCAST)
    replayed = event_log.read({topic: Position(None, 0)})[1][topic].publications
    hidden = policy_of(topic).hidden(principal(user.pk), replayed)
    assert {one.offset for one in replayed} - set(hidden) == {head_of(BROADCAST)}
    assert ApiUser(user).ids() == list(later.ids)


def test_the_admins_tally_counts_whose_it_is(db: None) -> None:
    before = batch_recipients.tally(Batch.objects.get(pk=send_to_all().batch_id)).recipients
    makes_by_form("late")
    batches = Batch.objects.order_by("created_at")
    assert batch_recipients.tally(batches[0]).recipients == before
    send_to_all()
    assert batch_recipients.tally(batches[1]).recipients == before + 1
