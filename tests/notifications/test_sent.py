"""What senders learn about what they sent, and how they take it back."""

import uuid
from datetime import datetime

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from accounts.credentials.service_keys import create_service_key
from notifications.models import Batch
from tests.notifications.people import NOTIFICATIONS, SEND, ApiUser, Service, a_body

SENT = f"{NOTIFICATIONS}/sent"


def test_a_sender_sees_how_far_a_batch_has_come(
    orders: Service, alice: ApiUser, bob: ApiUser, carol: ApiUser
) -> None:
    sent = orders.send(alice, bob, carol)
    where = f"{SENT}/{sent['batch_id']}"
    start = {"batch_id": sent["batch_id"], "count": 3, "read": 0, "deleted": 0}
    assert orders.client.get(where).json() == start

    alice.put("/read-all")
    bob.put(f"/{sent['ids'][1]}/read")
    bob.delete(f"/{sent['ids'][1]}")
    assert orders.client.get(where).json() == {**start, "read": 2, "deleted": 1}


def test_revoking_deletes_what_is_left_for_everyone(
    orders: Service, alice: ApiUser, bob: ApiUser, carol: ApiUser
) -> None:
    orders.send(alice)
    sent = orders.send(carol, bob, alice)
    where = f"{SENT}/{sent['batch_id']}"
    alice.put(f"/{sent['ids'][2]}/read")
    carol.delete(f"/{sent['ids'][0]}")

    assert [orders.client.delete(where).status_code for _ in range(2)] == [204, 204]
    assert (alice.count(), bob.count(), carol.count()) == (1, 0, 0)
    assert (len(alice.ids()), bob.ids(), carol.ids()) == (1, [], [])
    assert alice.events()[-1].type == "notification.deleted"
    assert alice.events()[-1].data == {"id": sent["ids"][2]}
    assert bob.event_types() == carol.event_types() == ["notification", "notification.deleted"]
    assert orders.client.get(where).json()["deleted"] == 3
    assert isinstance(Batch.objects.get(pk=sent["batch_id"]).revoked_at, datetime)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_batch_is_its_senders_only(orders: Service, alice: ApiUser, method: str) -> None:
    where = f"{SENT}/{orders.send(alice)['batch_id']}"
    billing = Service(create_service_key(name="billing")[1])
    assert billing.client.generic(method, where).status_code == 404
    assert orders.client.generic(method, f"{SENT}/{uuid.uuid4()}").json()["code"] == "NOT_FOUND"
    assert alice.client.generic(method, where).status_code == 403
    assert APIClient().generic(method, where).status_code == 401
    assert alice.count() == 1

    rotated = Service(create_service_key(name="orders")[1])
    assert rotated.client.generic(method, where).status_code in (200, 204)


def test_a_person_who_sent_sees_it_too(alice: ApiUser, bob: ApiUser) -> None:
    alice.user.user_permissions.add(Permission.objects.get(codename="send_notification"))
    sent = alice.client.post(SEND, a_body(bob), format="json").json()
    assert alice.client.get(f"{SENT}/{sent['batch_id']}").json()["count"] == 1
    assert alice.client.delete(f"{SENT}/{sent['batch_id']}").status_code == 204
    assert bob.ids() == []
