"""Jobs in Django's admin are looked at, and nothing else."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from notifications.admin.listing import UncountedAdmin
from notifications.jobs.models import Job
from tests.notifications.jobs.workers import Worker
from tests.notifications.people import ApiUser

LIST = "/admin/notifications/job/"


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_the_list_is_searched_and_filtered(
    admin: Client, prism: Worker, alice: ApiUser, bob: ApiUser
) -> None:
    prism.starts(alice, title="Report for Alice")
    prism.starts(bob, title="Report for Bob", status="running")
    assert "Report for Alice" in admin.get(LIST).content.decode()
    found = admin.get(LIST, {"q": "bob", "status__exact": "running"}).content.decode()
    assert "Report for Bob" in found
    assert "Report for Alice" not in found


def test_pages_are_turned_without_counting(
    admin: Client, prism: Worker, alice: ApiUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UncountedAdmin, "list_per_page", 2)
    for n in range(5):
        prism.starts(alice, title=f"Report {n}")
    with CaptureQueriesContext(connection) as asked:
        first = admin.get(LIST).content.decode()
        admin.get(LIST, {"q": "Report", "status__exact": "queued"})
    assert not [each["sql"] for each in asked if "COUNT(" in each["sql"].upper()]
    assert "Report 4" in first
    assert "Report 2" not in first
    assert "p=2" in first
    assert "Report 0" in admin.get(LIST, {"p": 3}).content.decode()


def test_page_of_a_job_names_all_its_recipients(
    admin: Client, prism: Worker, alice: ApiUser, bob: ApiUser
) -> None:
    job = prism.shares(bob, alice)
    page = admin.get(f"{LIST}{job['id']}/change/").content.decode()
    assert f"{bob.user}, {alice.user}" in page


def test_nothing_is_added_changed_or_deleted(admin: Client, prism: Worker, alice: ApiUser) -> None:
    job = prism.starts(alice)
    assert admin.get(f"{LIST}add/").status_code == 403
    admin.post(f"{LIST}{job['id']}/change/", {"title": "Forged"})
    assert admin.post(f"{LIST}{job['id']}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [job["id"]], "post": "yes"}
    admin.post(LIST, chosen)
    assert Job.objects.get().title == "Sales report"
    assert admin.get(f"{LIST}{job['id']}/change/").status_code == 200


def test_staff_without_the_permission_see_nothing(prism: Worker, alice: ApiUser) -> None:
    prism.starts(alice)
    client = Client()
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert client.get(LIST).status_code == 403


def test_a_user_can_be_deleted_with_their_jobs(
    admin: Client, prism: Worker, alice: ApiUser
) -> None:
    prism.starts(alice)
    answer = admin.post(f"/admin/accounts/user/{alice.id}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    assert not Job.objects.exists()
