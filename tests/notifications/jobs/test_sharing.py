"""One job that several users wait for: one state, which all of them are told of alike."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from accounts.users import deletion
from notifications.jobs.models import Job, JobRecipient
from notifications.jobs.services import mark_stale, publish_held
from notifications.models import Notification
from tests.notifications.jobs.workers import (
    JOBS,
    Worker,
    cancels,
    job_events,
    notification_events,
    pass_time,
)
from tests.notifications.people import ApiUser, some_users


def shown_to(person: ApiUser) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.client.get(JOBS).json()["results"]
    return found


def test_shared_job_is_one_for_all_its_recipients(
    prism: Worker, alice: ApiUser, bob: ApiUser, carol: ApiUser
) -> None:
    made = prism.shares(bob, alice)
    assert (made["user_id"], made["user_ids"]) == (bob.id, [bob.id, alice.id])
    delta = prism.reports(made, status="running", progress=0.5, message="Half of it")
    ended = prism.reports(made, status="succeeded", message="Ready")
    for person in (alice, bob):
        assert job_events(person) == [made, delta, ended]
        assert person.event_types() == ["job", "job", "job", "notification"]
        [bell] = notification_events(person)
        assert (bell["type"], bell["message"]) == ("PRISM_TASK_COMPLETED", "Ready")
        assert bell["reference_id"] == str(made["id"])
        assert shown_to(person) == [person.client.get(f"{JOBS}/{made['id']}").json()] == [ended]
    assert (carol.event_types(), shown_to(carol)) == ([], [])
    assert carol.client.get(f"{JOBS}/{made['id']}").status_code == 404
    assert prism.client.get(JOBS).json()["results"] == [ended]
    assert Job.objects.count() == 1


@pytest.mark.parametrize("by", ["user_ids", "usernames", "external_ids"])
def test_recipients_go_by_any_name(prism: Worker, alice: ApiUser, bob: ApiUser, by: str) -> None:
    for person in (alice, bob):
        name = f"auth0|{person.user.username}"
        User.objects.filter(pk=person.id).update(external_id=name)
    names: dict[str, list[Any]] = {
        "user_ids": [str(alice.id), bob.id, alice.id],
        "usernames": ["alice", "bob", "Alice"],
        "external_ids": ["auth0|alice", "auth0|bob", "auth0|bob"],
    }
    answer = prism.asks({"title": "Export", by: names[by]})
    assert answer.status_code == 201, answer.content
    assert answer.json()["user_ids"] == [alice.id, bob.id]
    assert JobRecipient.objects.count() == 1


def test_unknown_recipient_or_too_many_make_no_job(
    prism: Worker, alice: ApiUser, bob: ApiUser, carol: ApiUser, settings: Settings
) -> None:
    settings.BELLWIRE_JOB_RECIPIENTS = 2
    for field, names in (
        ("user_ids", [alice.id, 999_999]),
        ("usernames", ["alice", "nobody"]),
        ("user_ids", [alice.id, bob.id, carol.id]),
        ("external_ids", ["a", "b", "c"]),
    ):
        answer = prism.asks({"title": "Export", field: names})
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
        assert list(answer.json()["errors"]) == [field]
    assert not Job.objects.exists()
    assert prism.shares(alice, bob)["user_ids"] == [alice.id, bob.id]


def test_lists_of_own_and_shared_jobs_are_one_list(
    prism: Worker, alice: ApiUser, bob: ApiUser
) -> None:
    made = [
        prism.starts(alice),
        prism.shares(bob, alice),
        prism.starts(bob),
        prism.shares(alice, bob),
        prism.starts(alice),
    ]
    prism.reports(made[0], status="failed")
    ids = [job["id"] for job in made]
    assert [job["id"] for job in shown_to(alice)] == [ids[4], ids[3], ids[1], ids[0]]
    active = alice.client.get(JOBS, {"active": "true"}).json()["results"]
    assert [job["id"] for job in active] == [ids[4], ids[3], ids[1]]
    first = alice.client.get(JOBS, {"size": 2}).json()
    prism.shares(bob, alice)
    second = alice.client.get(first["next"]).json()["results"]
    assert [job["id"] for job in second] == [ids[1], ids[0]]


def test_held_progress_and_silence_are_told_to_all(
    prism: Worker, alice: ApiUser, bob: ApiUser
) -> None:
    job = prism.shares(alice, bob)
    Job.objects.update(held=True)
    assert publish_held() == 1
    pass_time(minutes=11)
    assert mark_stale() == 1
    assert [each["status"] for each in job_events(bob)] == ["queued", "queued", "stale"]
    assert job_events(alice) == job_events(bob)
    assert bob.client.get(f"{JOBS}/{job['id']}").json()["status"] == "stale"


def test_statements_do_not_grow_with_jobs_or_recipients(prism: Worker, alice: ApiUser) -> None:
    people = [user.pk for user in some_users(20)]
    for _ in range(3):
        prism.asks({"user_ids": [alice.id, *people], "title": "Export"})

    def statements(size: int) -> int:
        with CaptureQueriesContext(connection) as asked:
            found = alice.client.get(JOBS, {"size": size}).json()["results"]
        assert len(found) == size
        return len(asked)

    assert statements(1) == statements(3)


# --- accounts that are deleted -------------------------------------------------------------------


def by_the_service(user: User) -> None:
    assert deletion.delete_user(user_id=user.pk)


def by_itself(user: User) -> None:
    assert user.delete()[1]["accounts.User"] == 1


def by_a_queryset(user: User) -> None:
    assert User.objects.filter(username=user.username).delete()[1]["accounts.User"] == 1


def by_the_admin(user: User) -> None:
    assert (
        desk().post(f"/admin/accounts/user/{user.pk}/delete/", {"post": "yes"}).status_code == 302
    )


def by_the_admins_action(user: User) -> None:
    body = {"action": "delete_selected", "_selected_action": [str(user.pk)], "post": "yes"}
    assert desk().post("/admin/accounts/user/", body).status_code == 302


def desk() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="x"))
    return client


Deletes = Callable[[User], None]
WAYS = [by_the_service, by_itself, by_a_queryset, by_the_admin, by_the_admins_action]


@pytest.mark.parametrize("delete", WAYS)
@pytest.mark.parametrize("leaver", ["first", "other"])
def test_shared_job_stays_the_others_when_an_account_is_deleted(
    prism: Worker,
    alice: ApiUser,
    bob: ApiUser,
    carol: ApiUser,
    settings: Settings,
    leaver: str,
    delete: Deletes,
) -> None:
    settings.ROOT_URLCONF = "config.urls"
    people = [alice, bob, carol]
    made = prism.shares(*people)
    ended = prism.reports(prism.shares(*people, title="Export"), status="succeeded")
    gone = people.pop(0 if leaver == "first" else 1)
    delete(gone.user)
    assert not User.objects.filter(username=gone.user.username).exists()

    left = [person.id for person in people]
    for job in (made, ended):
        for person in people:
            shown = person.client.get(f"{JOBS}/{job['id']}").json()
            assert (shown["user_id"], shown["user_ids"]) == (left[0], left)
    assert job_events(people[1])[-1]["user_ids"] == left, "open pages learn it"
    assert cancels(people[1], made).json()["cancel_requested"] is True
    assert prism.reports(made, status="cancelled")["status"] == "cancelled"
    assert Notification.objects.filter(reference_id=made["id"]).count() == 2

    for person in people:
        deletion.delete_user(user_id=person.id)
    assert not Job.objects.exists()
    assert prism.patches(made, progress=1).status_code == 404


def test_job_of_several_who_are_deleted_at_once_stays_the_others(
    prism: Worker, alice: ApiUser, bob: ApiUser, carol: ApiUser
) -> None:
    made = prism.shares(alice, bob, carol)
    alone = prism.shares(alice, bob)
    # What is asked for holds no longer once they have left.
    User.objects.filter(pk__in=JobRecipient.objects.values("user")).exclude(pk=carol.id).delete()
    User.objects.filter(jobs__isnull=False).exclude(pk=carol.id).distinct().delete()
    shown = carol.client.get(f"{JOBS}/{made['id']}").json()
    assert shown["user_ids"] == [carol.id]
    assert not Job.objects.filter(pk=alone["id"]).exists()
    assert list(User.objects.values_list("pk", flat=True)) == [carol.id]


def test_deletion_of_a_part_of_a_queryset_is_refused_and_changes_nothing(
    prism: Worker, alice: ApiUser, bob: ApiUser
) -> None:
    made = prism.shares(alice, bob)
    for users in (User.objects.all()[:1], User.objects.values("pk")):
        with pytest.raises(TypeError):
            users.delete()
    assert alice.client.get(f"{JOBS}/{made['id']}").json() == made
