"""Notifications in Django's admin: looked at, searched, and deleted as the readers are told."""

import pytest
from django.test import Client

from accounts.models import User
from notifications.models import Notification
from tests.notifications.people import Person, send_to

LIST = "/admin/notifications/notification/"


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_the_list_is_searched_and_filtered(admin: Client, alice: Person, bob: Person) -> None:
    send_to(alice.id, title="Parcel for Alice")
    send_to(bob.id, title="Parcel for Bob", type="DELIVERY_STARTED")
    assert "Parcel for Alice" in admin.get(LIST).content.decode()
    found = admin.get(LIST, {"q": "bob", "type__exact": "DELIVERY_STARTED"}).content.decode()
    assert "Parcel for Bob" in found
    assert "Parcel for Alice" not in found
    assert admin.get("/admin/notifications/batch/").status_code == 200


def test_nothing_is_added_or_changed(admin: Client, alice: Person) -> None:
    (sent,) = send_to(alice.id).ids
    assert admin.get(f"{LIST}add/").status_code == 403
    admin.post(f"{LIST}{sent}/change/", {"title": "Forged"})
    assert Notification.objects.get().title == "Order received"


def test_deleting_is_told_to_the_reader(admin: Client, alice: Person) -> None:
    first, second, third = (send_to(alice.id).ids[0] for _ in range(3))
    admin.post(f"{LIST}{first}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [second], "post": "yes"}
    admin.post(LIST, chosen)
    assert alice.ids() == [third]
    assert alice.count() == 1
    assert alice.told(after=3) == ["notification.deleted"] * 2


def test_a_user_can_be_deleted_with_all_that_is_theirs(admin: Client, alice: Person) -> None:
    send_to(alice.id)
    answer = admin.post(f"/admin/accounts/user/{alice.id}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    assert not User.objects.filter(pk=alice.id).exists()
    assert not Notification.objects.exists()
