"""Many different notifications in one request: all or nothing, or each by itself."""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from notifications import limits
from notifications.models import Batch, IdempotencyKey, Notification
from tests.notifications.people import NOTIFICATIONS, ApiUser, Service, a_body
from tests.support.threads import Run

NO_OBJECT = "Invalid data. Expected a dictionary, but got int."
SEND_MANY = f"{NOTIFICATIONS}/send-many"


def post(service: Service, *items: Any, key: str | None = None, **fields: Any) -> Any:
    return service.post({"items": list(items), **fields}, key=key, path=SEND_MANY)


def results_of(response: Any, status: int = 201) -> list[dict[str, Any]]:
    assert response.status_code == status, response.content
    assert list(response.json()) == ["results"]
    results: list[dict[str, Any]] = response.json()["results"]
    return results


# --- all or nothing ------------------------------------------------------------------------------


def test_each_item_is_a_batch_of_its_own_in_the_order_of_the_request(
    orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    response = post(
        orders,
        a_body(alice, message="One"),
        a_body(bob, alice, message="Two", type="DELIVERY_STARTED", title="Title", data={"n": 2}),
        {"usernames": ["alice"], "type": "SYSTEM", "message": "Three"},
        {"external_ids": ["new-1"], "type": "SYSTEM", "message": "Four"},
        atomic=True,
    )
    first, second, third, fourth = results_of(response)
    assert [each["count"] for each in (first, second, third, fourth)] == [1, 2, 1, 1]
    assert len({uuid.UUID(each["batch_id"]) for each in (first, second, third, fourth)}) == 4
    rows = alice.rows()
    assert [row["message"] for row in rows] == ["Three", "Two", "One"]
    assert [row["id"] for row in rows] == [third["ids"][0], second["ids"][1], first["ids"][0]]
    assert rows[1] | {"title": "Title", "type": "DELIVERY_STARTED", "data": {"n": 2}} == rows[1]
    assert [event.data["message"] for event in alice.events()] == ["One", "Two", "Three"]
    assert alice.count() == 3
    assert bob.count() == 1
    created = User.objects.get(external_id="new-1")
    assert Notification.objects.get(user=created).pk == fourth["ids"][0]


def test_sent_and_revoked_by_its_batch_as_any_other(orders: Service, alice: ApiUser) -> None:
    kept, gone = results_of(post(orders, a_body(alice), a_body(alice)))
    path = f"{NOTIFICATIONS}/sent/{gone['batch_id']}"
    assert orders.client.get(path).json()["count"] == 1
    assert orders.client.delete(path).status_code == 204
    assert alice.ids() == kept["ids"]


def test_atomic_is_the_default_and_the_first_bad_item_is_named(
    orders: Service, alice: ApiUser
) -> None:
    response = post(
        orders,
        a_body(alice),
        a_body(alice, type="NOT_REGISTERED"),
        a_body(alice, message=""),
        {"user_ids": [alice.id], "type": "SYSTEM", "message": "x", "surprise": 1},
    )
    assert response.status_code == 400
    assert response.json() == {
        "code": "INVALID",
        "message": "Invalid input",
        "errors": {"items.1.type": ["Unknown type: NOT_REGISTERED"]},
    }
    assert (alice.count(), alice.events(), Batch.objects.count()) == (0, [], 0)


def test_unknown_recipients_of_an_item_send_nothing(orders: Service, alice: ApiUser) -> None:
    response = post(orders, a_body(alice), a_body(alice) | {"user_ids": [alice.id, 999_999]})
    assert response.status_code == 400
    assert response.json()["errors"] == {"items.1.user_ids": ["No such user: 999999"]}
    assert (alice.count(), alice.events(), Batch.objects.count()) == (0, [], 0)


def test_a_broadcast_among_them_reaches_everyone(
    orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    everyones = {"broadcast": True, "type": "announcement", "message": "We move"}
    first, second, third = results_of(post(orders, a_body(alice), everyones, a_body(bob)))
    assert [row["id"] for row in alice.rows()] == [*second["ids"], *first["ids"]]
    assert [row["id"] for row in bob.rows()] == [*third["ids"], *second["ids"]]
    assert (alice.count(), bob.count()) == (2, 2)


def test_a_later_item_replaces_an_earlier_one_with_the_same_collapse_key(
    orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    orders.send(alice, collapse_key="likes", message="0")
    items = [a_body(alice, collapse_key="likes", message=str(number)) for number in (1, 2, 3)]
    other = a_body(alice, bob, collapse_key="other", message="o")
    results = results_of(post(orders, items[0], other, items[1], items[2]))
    assert [row["message"] for row in alice.rows()] == ["3", "o"]
    assert (alice.count(), bob.count()) == (2, 1)
    # Whoever replays finds one of them to show, and the others without their texts.
    sent = [event.data for event in alice.events() if event.type == "notification"]
    assert [data["message"] for data in sent] == ["", "", "o", "", "3"]
    assert sent[-1]["id"] == results[3]["ids"][0]


# --- each by itself ------------------------------------------------------------------------------


def test_without_atomic_what_is_right_is_sent_and_the_rest_is_told(
    orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    response = post(
        orders,
        a_body(alice, message="One"),
        a_body(alice, type="NOT_REGISTERED"),
        7,
        a_body(alice) | {"user_ids": [999_999]},
        {"usernames": ["nobody-at-all"], "type": "SYSTEM", "message": "x"},
        a_body(bob, message="Two"),
        atomic=False,
    )
    results = results_of(response, 207)
    assert results[0].keys() == results[5].keys() == {"batch_id", "count", "ids"}
    faults = [(each["code"], each.get("errors")) for each in results[1:5]]
    assert faults == [
        ("INVALID", {"type": ["Unknown type: NOT_REGISTERED"]}),
        ("INVALID", {"non_field_errors": [NO_OBJECT]}),
        ("INVALID", {"user_ids": ["No such user: 999999"]}),
        ("INVALID", {"usernames": ["No such user: nobody-at-all"]}),
    ]
    assert [row["message"] for row in alice.rows()] == ["One"]
    assert [row["message"] for row in bob.rows()] == ["Two"]


def test_without_atomic_all_sent_is_201(orders: Service, alice: ApiUser) -> None:
    results_of(post(orders, a_body(alice), a_body(alice), atomic=False), 201)


def test_without_atomic_nothing_sent_is_207(orders: Service, alice: ApiUser) -> None:
    [failed] = results_of(post(orders, a_body(alice, message=""), atomic=False), 207)
    assert list(failed["errors"]) == ["message"]
    assert Batch.objects.count() == 0


# --- idempotency keys ----------------------------------------------------------------------------


@pytest.mark.parametrize("atomic", [True, False])
def test_a_list_sent_again_sends_only_what_was_not_sent_before(
    orders: Service, alice: ApiUser, atomic: bool
) -> None:
    items = [
        a_body(alice, message=str(number)) | {"idempotency_key": f"order-{number}"}
        for number in range(4)
    ]
    first = results_of(post(orders, *items[:2], atomic=atomic))
    again = results_of(post(orders, *items, atomic=atomic))
    assert again[:2] == first
    assert [row["message"] for row in alice.rows()] == ["3", "2", "1", "0"]
    assert results_of(post(orders, *reversed(items), atomic=atomic)) == again[::-1]
    assert alice.count() == 4


def test_an_items_key_is_that_of_a_single_send(orders: Service, alice: ApiUser) -> None:
    single = orders.post(a_body(alice), key="order-7")
    [listed] = results_of(post(orders, a_body(alice) | {"idempotency_key": "order-7"}))
    assert listed == single.json()
    [sent] = results_of(post(orders, a_body(alice) | {"idempotency_key": "order-8"}))
    assert orders.post(a_body(alice), key="order-8").json() == sent
    assert alice.count() == 2


def test_a_key_twice_in_a_list_is_sent_once(orders: Service, alice: ApiUser) -> None:
    item = a_body(alice) | {"idempotency_key": "twice"}
    first, second = results_of(post(orders, item, item))
    assert first == second
    assert alice.count() == 1


def test_a_key_with_another_body_is_a_conflict_of_its_item(orders: Service, alice: ApiUser) -> None:
    orders.post(a_body(alice), key="used")
    items = [
        a_body(alice, message="fine"),
        a_body(alice, message="other") | {"idempotency_key": "used"},
        a_body(alice, message="a") | {"idempotency_key": "here"},
        a_body(alice, message="b") | {"idempotency_key": "here"},
    ]
    response = post(orders, *items)
    assert (response.status_code, response.json()["code"]) == (409, "CONFLICT")
    assert list(response.json()["errors"]) == ["items.1.idempotency_key"]
    assert alice.count() == 1
    results = results_of(post(orders, *items, atomic=False), 207)
    assert [each.get("code") for each in results] == [None, "CONFLICT", None, "CONFLICT"]
    assert alice.count() == 3


def test_the_key_of_an_item_that_failed_is_free_again(orders: Service, alice: ApiUser) -> None:
    unknown = {"usernames": ["dave"], "type": "SYSTEM", "message": "x", "idempotency_key": "d"}
    results_of(post(orders, unknown, a_body(alice), atomic=False), 207)
    assert not IdempotencyKey.objects.filter(key="d").exists()
    User.objects.create_user("dave")
    results_of(post(orders, unknown, atomic=False), 201)


def test_a_key_of_the_request_is_that_of_its_items_without_one(
    orders: Service, alice: ApiUser
) -> None:
    items = [a_body(alice, message="a"), a_body(alice, message="b") | {"idempotency_key": "own"}]
    first = results_of(post(orders, *items, key="list-1"))
    assert results_of(post(orders, *items, key="list-1")) == first
    assert orders.post(a_body(alice, message="b"), key="own").json() == first[1]
    assert alice.count() == 2
    changed = post(orders, a_body(alice, message="c"), key="list-1")
    assert (changed.status_code, changed.json()["code"]) == (409, "CONFLICT")


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", True, ["a"]])
def test_a_bad_key_is_refused_by_name(orders: Service, alice: ApiUser, key: Any) -> None:
    response = post(orders, a_body(alice) | {"idempotency_key": key})
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["items.0.idempotency_key"]


def test_two_lists_with_the_same_keys_in_other_orders_at_once_send_each_once(
    orders: Service, alice: ApiUser, at_once: Run
) -> None:
    items = [a_body(alice, message=str(n)) | {"idempotency_key": f"key-{n}"} for n in range(30)]
    lists = [items, items[::-1], items[10:] + items[:10]]
    responses = at_once([partial(post, orders, *each) for each in lists])
    assert [response.status_code for response in responses] == [201, 201, 201]
    assert alice.count() == 30


# --- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "items"),
        ({"items": []}, "items"),
        ({"items": {}}, "items"),
        ({"items": [{}] * (limits.SEND_MANY_ITEMS + 1)}, "items"),
        ({"items": [{}], "atomic": "perhaps"}, "atomic"),
        ({"items": [{}], "atomic": None}, "atomic"),
        ({"items": [{}], "atomics": True}, "atomics"),
    ],
)
def test_a_request_that_is_none_is_refused_by_field(
    orders: Service, body: Mapping[str, Any], field: str
) -> None:
    response = orders.post(body, path=SEND_MANY)
    assert response.status_code == 400, response.content
    assert list(response.json()["errors"]) == [field]


def test_recipients_of_all_items_together_have_a_limit(orders: Service) -> None:
    many = {"user_ids": list(range(1, 10_001)), "type": "SYSTEM", "message": "x"}
    response = post(orders, *[many] * 6, atomic=False)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["items"]


def test_a_list_that_is_no_object_is_refused(orders: Service) -> None:
    assert orders.post([], path=SEND_MANY).status_code == 400


def test_who_may_not_send_may_not_send_many(alice: ApiUser) -> None:
    body = {"items": [a_body(alice)]}
    assert alice.client.post(SEND_MANY, body, format="json").status_code == 403
    alice.user.user_permissions.add(Permission.objects.get(codename="send_notification"))
    assert alice.client.post(SEND_MANY, body, format="json").status_code == 201


def test_fields_in_camel_case(orders: Service, alice: ApiUser, settings: Settings) -> None:
    settings.BELLWIRE_JSON_CASE = "camel"
    item = {"userIds": [alice.id], "type": "SYSTEM", "message": "x", "idempotencyKey": "k"}
    [sent] = results_of(post(orders, item))
    assert sent.keys() == {"batchId", "count", "ids"}
    [failed] = results_of(
        post(orders, item | {"userIds": [0], "idempotencyKey": "l"}, atomic=False), 207
    )
    assert failed["errors"] == {"userIds": ["No such user: 0"]}
    refused = post(orders, item | {"idempotencyKey": ""})
    assert list(refused.json()["errors"]) == ["items.0.idempotencyKey"]


def test_the_database_is_asked_as_often_for_hundreds_as_for_two(
    orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    def statements(count: int) -> int:
        items = [
            a_body((alice, bob)[n % 2], collapse_key=f"c{count}-{n}")
            | {"idempotency_key": f"{count}-{n}"}
            for n in range(count)
        ]
        with CaptureQueriesContext(connection) as asked:
            results_of(post(orders, *items))
        return len(asked)

    asked = [statements(2), statements(300)]
    # On SQLite rows are inserted content by content, which costs no round trip there.
    inserts = 298 if connection.vendor == "sqlite" else 0
    assert asked[1] - asked[0] <= inserts
    assert asked[0] <= 25
