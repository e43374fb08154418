"""One answer per key and sender, for 24 hours, whoever asks at the same moment."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from accounts.credentials.service_keys import create_service_key
from notifications.models import Batch, IdempotencyKey
from notifications.services import delete_expired_keys
from tests.notifications.people import SEND, ApiUser, Service, a_body


def test_the_same_key_again_gets_the_first_answer_and_sends_nothing(
    orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    first = orders.post(a_body(alice, bob), key="order-7")
    again = orders.post(a_body(alice, bob), key="order-7")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert alice.event_types() == ["notification"]
    assert alice.count() == 1


def test_the_order_of_the_keys_in_the_body_does_not_matter(orders: Service, alice: ApiUser) -> None:
    body = a_body(alice)
    first = orders.post(body, key="order-7")
    again = orders.post(dict(reversed(body.items())), key="order-7")
    assert first.content == again.content


def test_another_body_with_the_same_key_is_a_conflict(orders: Service, alice: ApiUser) -> None:
    orders.post(a_body(alice), key="order-7")
    answer = orders.post(a_body(alice, message="Three items"), key="order-7")
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    assert alice.count() == 1


def test_another_key_and_no_key_send_again(orders: Service, alice: ApiUser) -> None:
    for key in ("order-7", "order-8", None, None):
        assert orders.post(a_body(alice), key=key).status_code == 201
    assert alice.count() == 4


def test_a_key_is_the_services_and_outlives_a_change_of_its_api_key(
    orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    billing = Service(create_service_key(name="billing")[1])
    rotated = Service(create_service_key(name="orders")[1])
    alice.user.user_permissions.add(Permission.objects.get(codename="send_notification"))

    first = orders.post(a_body(bob), key="1")
    assert rotated.post(a_body(bob), key="1").content == first.content
    assert billing.post(a_body(bob), key="1").content != first.content
    headers = {"Idempotency-Key": "1"}
    by_a_person = alice.client.post(SEND, a_body(bob), format="json", headers=headers)
    assert by_a_person.status_code == 201
    assert bob.count() == 3


def test_what_was_refused_uses_no_key_up(orders: Service, alice: ApiUser) -> None:
    refused = orders.post({**a_body(alice), "user_ids": [alice.id, 999_999]}, key="order-7")
    assert refused.status_code == 400
    assert orders.post(a_body(alice), key="order-7").status_code == 201


def test_a_key_is_kept_for_a_day(orders: Service, alice: ApiUser) -> None:
    def age(by: timedelta) -> None:
        row = IdempotencyKey.objects.get()
        row.created_at -= by
        row.save()

    first = orders.post(a_body(alice), key="order-7")
    age(timedelta(hours=23, minutes=59))
    assert delete_expired_keys() == 0
    assert orders.post(a_body(alice), key="order-7").content == first.content

    age(timedelta(minutes=2))
    later = orders.post(a_body(alice, message="Another"), key="order-7")
    assert later.status_code == 201, "counts for nothing, although nobody has swept it away yet"
    assert orders.post(a_body(alice, message="Another"), key="order-7").content == later.content

    age(timedelta(hours=25))
    assert delete_expired_keys() == 1
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_useless_key_is_refused(orders: Service, alice: ApiUser, key: str) -> None:
    answer = orders.post(a_body(alice), key=key)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["Idempotency-Key"]


def test_the_older_path_honours_keys_too(orders: Service, alice: ApiUser) -> None:
    body = {"memberId": alice.id, "message": "Welcome"}
    answers = [orders.post(body, key="1", path="/notification/send").content for _ in range(2)]
    assert answers[0] == answers[1]
    assert alice.count() == 1


def test_many_at_once_send_once(
    transactional_db: None, at_once: Callable[..., list[Any]], orders: Service, alice: ApiUser
) -> None:
    def send() -> Any:
        return orders.post(a_body(alice), key="order-7").content

    answers = at_once([send] * 12)
    assert len(set(answers)) == 1, answers
    assert b"batch_id" in answers[0]
    assert Batch.objects.count() == 1
    assert alice.event_types() == ["notification"]


def test_where_the_first_fails_the_second_goes_on(
    transactional_db: None, at_once: Callable[..., list[Any]], orders: Service, alice: ApiUser
) -> None:
    good, bad = a_body(alice), {**a_body(alice), "user_ids": [alice.id, 999_999]}

    def send(body: dict[str, Any]) -> Callable[[], Any]:
        return lambda: orders.post(body, key="order-7").status_code

    answers = at_once([send(bad), send(good)] * 6)
    # A bad one that comes after the good one was another body with the same key.
    assert set(answers[::2]) <= {400, 409}
    assert answers[1::2] == [201] * 6
    assert alice.event_types() == ["notification"]
