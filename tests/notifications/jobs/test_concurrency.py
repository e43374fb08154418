"""Many at the same moment. On PostgreSQL they write side by side."""

import random
from collections.abc import Callable
from typing import Any

from notifications.jobs.models import Job
from notifications.jobs.services import mark_stale, publish_held
from notifications.models import Notification
from tests.notifications.jobs.workers import JOBS, Worker, job_events, pass_time
from tests.notifications.people import ApiUser, Service, unread
from tests.support.threads import Run, failures


def test_many_ends_at_once_send_one_notification(
    transactional_db: None, at_once: Run, prism: Worker, alice: ApiUser
) -> None:
    job = prism.starts(alice)

    def ends(status: str) -> Callable[[], Any]:
        return lambda: prism.patches(job, status=status).status_code

    results = at_once([ends("succeeded"), ends("failed")] * 5)
    assert failures(results) == []
    winner = 0 if Job.objects.get().status == "succeeded" else 1
    assert results[winner::2] == [200] * 5
    assert results[1 - winner :: 2] == [409] * 5
    assert alice.event_types() == ["job", "job", "notification"]
    assert Notification.objects.count() == alice.count() == 1


def test_one_key_many_times_makes_one_job(
    transactional_db: None, at_once: Run, prism: Worker, alice: ApiUser
) -> None:
    body = {"user_id": alice.id, "title": "Export"}
    results = at_once([lambda: prism.asks(body, key="1").content] * 10)
    assert len(set(results)) == 1, results
    assert Job.objects.count() == 1
    assert alice.event_types() == ["job"]


def test_a_new_external_user_is_made_once(
    transactional_db: None, at_once: Run, prism: Worker
) -> None:
    body = {"external_id": "auth0|new", "title": "Export"}
    results = at_once([lambda: prism.asks(body).json()["user_id"]] * 10)
    assert len(set(results)) == 1, results


def test_sweepers_of_all_instances_tell_once(
    transactional_db: None, at_once: Run, prism: Worker, alice: ApiUser
) -> None:
    for _ in range(20):
        prism.starts(alice)
    Job.objects.update(held=True)
    assert sum(at_once([publish_held] * 6)) == 20
    assert len(job_events(alice)) == 40
    pass_time(minutes=11)
    assert sum(at_once([mark_stale] * 6)) == 20
    assert len(job_events(alice)) == 60


def test_reports_sweeps_sends_and_readers_do_not_wait_in_a_circle(
    transactional_db: None,
    at_once: Run,
    prism: Worker,
    orders: Service,
    alice: ApiUser,
    bob: ApiUser,
) -> None:
    jobs = [prism.starts(person) for person in (alice, bob) * 4]
    Job.objects.update(held=True)

    both_ways = [(alice, bob), (bob, alice)] * 4

    def report() -> None:
        for job in random.sample(jobs, len(jobs)):
            prism.reports(job, progress=random.random())

    def end() -> None:
        for job in jobs:
            prism.reports(job, status="succeeded")

    def send() -> None:
        for people in both_ways:
            orders.send(*people)

    def read() -> None:
        for person, _ in both_ways:
            person.put("/read-all")

    around = [publish_held, mark_stale, send, read]
    assert failures(at_once([report, report, *around])) == []
    assert failures(at_once([end, end, *around])) == []
    assert Notification.objects.filter(reference_type="job").count() == 8
    for person in (alice, bob):
        agrees(person)


def agrees(person: ApiUser) -> None:
    """What the events tell is what the lists say."""
    offsets = [event.offset for event in person.events()]
    assert offsets == list(range(1, len(offsets) + 1))
    shown = {job["id"]: job for job in job_events(person)}
    listed = person.client.get(JOBS).json()["results"]
    assert listed == sorted(shown.values(), key=lambda job: -job["id"])
    rows = Notification.objects.filter(user=person.id, deleted_at=None, read_at=None)
    assert unread(person.id) == rows.count()
