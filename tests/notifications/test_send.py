"""What a service may say, how it is told what it may not, and what the recipients get."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.credentials.service_keys import create_service_key
from notifications.models import Batch, Notification
from tests.notifications.people import SEND, ApiUser, Service, a_body, send_to

# --- what arrives --------------------------------------------------------------------------------


def test_a_notification_is_stored_counted_and_told(orders: Service, alice: ApiUser) -> None:
    routing = {"type": "order", "path": "/orders/7", "params": {"tab": "parcel"}}
    sent = orders.send(
        alice,
        title="Order 7",
        message="Two items",
        link="/orders/7",
        reference_id="7",
        reference_type="order",
        data={"routing": routing, "z": 1, "a": [None, 1.5]},
    )

    [shown] = alice.rows()
    assert shown == {
        "id": sent["ids"][0],
        "user_id": alice.id,
        "type": "ORDER_CREATED",
        "title": "Order 7",
        "message": "Two items",
        "link": "/orders/7",
        "status": "UNREAD",
        "reference_id": "7",
        "reference_type": "order",
        "data": {"routing": routing, "z": 1, "a": [None, 1.5]},
        "created_at": shown["created_at"],
        "read_at": None,
    }
    assert list(shown["data"]) == ["routing", "z", "a"], "the sender's own order of keys"
    assert alice.count() == 1
    [event] = alice.events()
    assert (event.offset, event.type) == (1, "notification")
    assert event.data == {**shown, "notification_id": shown["id"]}


def test_what_was_not_given_is_null_and_the_title_is_the_types(
    orders: Service, alice: ApiUser
) -> None:
    orders.send(alice, title="", link=None, data=None)
    [shown] = alice.rows()
    assert shown["title"] == "Order received"
    assert shown["link"] is shown["reference_id"] is shown["reference_type"] is None
    assert shown["data"] == {}


def test_ids_come_in_the_order_given_and_duplicates_once(
    orders: Service, alice: ApiUser, bob: ApiUser, carol: ApiUser
) -> None:
    sent = orders.send(carol, alice, carol, bob, alice)
    assert sent["count"] == 3
    assert sent["ids"] == [carol.ids()[0], alice.ids()[0], bob.ids()[0]]
    assert carol.event_types() == alice.event_types() == bob.event_types() == ["notification"]


def test_every_send_takes_one_offset_per_recipient(
    orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    orders.send(alice, bob)
    orders.send(alice)
    assert [event.offset for event in alice.events()] == [1, 2]
    assert [event.offset for event in bob.events()] == [1]


def test_numbers_that_only_json_can_carry_come_back(orders: Service, alice: ApiUser) -> None:
    data = {"huge": 1e308, "tiny": 5e-324, "id": 2**63}
    orders.send(alice, data=data)
    assert alice.rows()[0]["data"] == data


def test_the_longest_of_everything_fits(orders: Service, alice: ApiUser) -> None:
    orders.send(
        alice,
        title="제" * 200,
        message="🔔" * 2_000,
        link="/" + "x" * 1_999,
        data={"x": "y" * (4_096 - len('{"x":""}'))},
    )
    assert alice.rows()[0]["title"] == "제" * 200


# --- what is refused -----------------------------------------------------------------------------

YESTERDAY = (timezone.now() - timedelta(days=1)).isoformat()
BAD: list[tuple[str, Any]] = [
    ("type", "NO_SUCH_TYPE"),
    ("type", ""),
    ("type", "x" * 65),
    ("type", None),
    ("type", ["SYSTEM"]),
    ("title", "x" * 201),
    ("message", ""),
    ("message", None),
    ("message", "x" * 2_001),
    ("message", {}),
    ("link", "orders/7"),
    ("link", "//evil.example/"),
    ("link", "/\\evil.example/"),
    ("link", "/\t/evil.example/"),
    ("link", "javascript:alert(1)"),
    ("link", "ftp://files.example/"),
    ("link", "https://"),
    ("link", "http://[::1"),
    ("link", "https://evil.example/\n"),
    ("link", "/" + "x" * 2_000),
    ("data", []),
    ("data", "text"),
    ("data", {"x": "y" * 4_096}),
    ("reference_id", "x" * 201),
    ("collapse_key", "x" * 201),
    ("expires_at", YESTERDAY),
    ("expires_at", "soon"),
    ("expires_at", "9999-12-31T23:59:59-14:00"),
    ("user_ids", []),
    ("user_ids", 7),
    ("user_ids", ["7.5"]),
    ("user_ids", [" 7"]),
    ("user_ids", ["٧"]),
    ("user_ids", ["9" * 20]),
    ("user_ids", [""]),
    # The server cannot know whose nine o'clock it is.
    ("expires_at", "2099-01-01T09:00:00"),
    ("expires_at", "2099-01-01 09:00"),
    ("expires_at", "2099-01-01"),
    ("expire_at", "2099-01-01T09:00:00Z"),
    ("userIds", [1]),
    ("DATA", {}),
    ("user_ids", [True]),
    ("user_ids", [1.5]),
    ("user_ids", list(range(1, 10_002))),
    ("broadcast", "perhaps"),
    ("broadcast", None),
]


@pytest.mark.parametrize(("field", "value"), BAD, ids=lambda value: str(value)[:30])
def test_what_is_wrong_is_named_and_nothing_is_sent(
    orders: Service, alice: ApiUser, field: str, value: Any
) -> None:
    assert list(orders.refused(**{**a_body(alice), field: value})) == [field]
    assert alice.ids() == []
    assert alice.event_types() == []


def test_ids_written_as_texts_are_ids(orders: Service, alice: ApiUser, bob: ApiUser) -> None:
    sent = orders.post({**a_body(alice), "user_ids": [str(bob.id), alice.id, str(alice.id)]}).json()
    assert [Notification.objects.get(pk=each).user_id for each in sent["ids"]] == [bob.id, alice.id]
    legacy = {"memberId": str(bob.id), "message": "Hello"}
    assert orders.client.post("/notification/send", legacy, format="json").status_code == 201
    assert len(bob.ids()) == 2


def test_unknown_fields_are_named_beside_other_faults(orders: Service, alice: ApiUser) -> None:
    errors = orders.refused(**{**a_body(alice), "type": "NO_SUCH_TYPE", "icon": 1, "sound": 2})
    assert errors["icon"] == errors["sound"] == ["Unknown field."]
    assert list(errors) == ["type", "icon", "sound"]


def test_an_answer_about_thousands_of_unknown_fields_is_small(
    orders: Service, alice: ApiUser
) -> None:
    more = {f"{number}-{'x' * 200}": 1 for number in range(100)}
    errors = orders.refused(**a_body(alice), **more)
    assert len(errors) == 20
    assert max(len(name) for name in errors) == 64


@pytest.mark.parametrize("link", ["/", "/a?b=c#d", "/주문/7", "https://shop.example/a", "HTTP://a"])
def test_paths_and_web_addresses_are_links(orders: Service, alice: ApiUser, link: str) -> None:
    orders.send(alice, link=link)
    assert alice.rows()[0]["link"] == link


@pytest.mark.parametrize(
    "path",
    [
        *(value for field, value in BAD if field == "link"),
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "orders/{id}",
        7,
        ["/orders/7"],
        {"to": "/orders/7"},
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_routing_path_is_what_a_link_may_be(orders: Service, alice: ApiUser, path: Any) -> None:
    body = {**a_body(alice), "data": {"routing": {"type": "order", "path": path}}}
    assert orders.refused(**body) == {
        "data.routing.path": ["Expected a path (/orders/7) or an http(s) URL."]
    }
    assert alice.ids() == []


@pytest.mark.parametrize(
    "routing",
    [
        {"path": "/orders/7", "params": {"next": "javascript:x"}},
        {"path": "https://shop.example/a"},
        {"path": ""},
        {"path": None},
        {"type": "order"},
        None,
        "orders",
    ],
    ids=str,
)
def test_other_routings_are_the_senders_own(orders: Service, alice: ApiUser, routing: Any) -> None:
    orders.send(alice, data={"routing": routing})
    assert alice.rows()[0]["data"] == {"routing": routing}


@pytest.mark.parametrize("names", [[], ["user_ids", "usernames"], ["usernames", "external_ids"]])
def test_recipients_are_called_in_exactly_one_way(
    orders: Service, alice: ApiUser, names: list[str]
) -> None:
    ways: dict[str, Any] = {
        "user_ids": [alice.id],
        "usernames": ["alice"],
        "external_ids": ["alice"],
    }
    errors = orders.refused(type="SYSTEM", message="Hello", **{name: ways[name] for name in names})
    assert list(errors) == ["non_field_errors"]


def test_one_unknown_recipient_and_nobody_gets_anything(orders: Service, alice: ApiUser) -> None:
    errors = orders.refused(**{**a_body(alice), "user_ids": [alice.id, 999_999, 0, 2**63]})
    assert errors == {
        "user_ids": ["No such user: 999999", "No such user: 0", f"No such user: {2**63}"]
    }
    assert alice.ids() == []
    assert Batch.objects.count() == 0


def test_expiry_may_lie_ahead(orders: Service, alice: ApiUser) -> None:
    orders.send(alice, expires_at="9999-12-31T23:59:59Z")
    orders.send(alice, expires_at="2099-01-01T09:00:00+09:00")
    times = Notification.objects.order_by("id").values_list("expires_at", flat=True)
    assert times[1] == datetime(2099, 1, 1, tzinfo=UTC)


# --- who may -------------------------------------------------------------------------------------


def test_a_key_without_the_scope_may_not_send(alice: ApiUser) -> None:
    worker = Service(create_service_key(name="worker", scopes=["jobs:write"])[1])
    answer = worker.post(a_body(alice))
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


def test_a_stranger_may_not_send(alice: ApiUser) -> None:
    answer = APIClient().post(SEND, a_body(alice), format="json")
    assert (answer.status_code, answer.json()["code"]) == (401, "AUTH_ERROR")


def test_a_person_may_with_the_permission(alice: ApiUser, bob: ApiUser) -> None:
    def send() -> int:
        status: int = alice.client.post(SEND, a_body(bob), format="json").status_code
        return status

    assert send() == 403
    alice.user.user_permissions.add(Permission.objects.get(codename="send_notification"))
    assert send() == 201
    assert Batch.objects.get().sender == f"user:{alice.id}"
    assert bob.count() == 1


# --- the other paths -----------------------------------------------------------------------------


def test_the_same_at_the_gateways_path(orders: Service, alice: ApiUser) -> None:
    path = f"/notification{SEND}"
    assert orders.post(a_body(alice), path=path).status_code == 201
    assert alice.client.get("/notification/api/v1/notifications").json()["results"]


def test_the_older_path_takes_the_same(orders: Service, alice: ApiUser) -> None:
    answer = orders.post(a_body(alice), path="/notification/send")
    assert answer.status_code == 201
    assert answer.json()["ids"] == alice.ids()


def test_the_older_path_takes_the_older_form(orders: Service, alice: ApiUser) -> None:
    body = {"memberId": alice.id, "message": "Welcome", "redirectPath": "/welcome"}
    assert orders.post(body, path="/notification/send").status_code == 201
    [shown] = alice.rows()
    assert (shown["type"], shown["title"]) == ("SYSTEM", "System notice")
    assert (shown["message"], shown["link"]) == ("Welcome", "/welcome")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"memberId": 999_999, "message": "Hello"}, "memberId"),
        ({"memberId": "nobody", "message": "Hello"}, "memberId"),
        ({"memberId": 1}, "message"),
        ({"memberId": 1, "message": "Hello", "redirectPath": "//evil.example"}, "redirectPath"),
    ],
)
def test_the_older_form_is_examined_too(orders: Service, body: dict[str, Any], field: str) -> None:
    answer = orders.post(body, path="/notification/send")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


# --- types ---------------------------------------------------------------------------------------


def test_a_deployment_has_types_of_its_own(
    orders: Service, alice: ApiUser, settings: Settings
) -> None:
    assert orders.refused(**a_body(alice, type="INVOICE_DUE")) == {
        "type": ["Unknown type: INVOICE_DUE"]
    }
    settings.BELLWIRE_NOTIFICATION_TYPES = {
        "INVOICE_DUE": {"category": "billing", "title": "Invoice due"}
    }
    orders.send(alice, type="INVOICE_DUE")
    assert alice.rows(type="INVOICE_DUE")[0]["title"] == "Invoice due"


def test_a_row_that_the_database_refuses_and_nobody_gets_anything(
    orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(REFUSAL[connection.vendor].format(user=bob.id))
    with pytest.raises(DatabaseError):
        send_to(alice.id, bob.id)
    assert not Notification.objects.exists()
    assert not Batch.objects.exists()
    for person in (alice, bob):
        assert (person.count(), person.event_types()) == (0, [])
    send_to(alice.id)
    assert (alice.count(), alice.event_types()) == (1, ["notification"])


# The last rows of a statement are as good as any: all of it is taken back.
REFUSAL = {
    "postgresql": (
        "ALTER TABLE notifications_notification ADD CONSTRAINT refused CHECK (user_id <> {user})"
    ),
    "sqlite": (
        "CREATE TRIGGER refused BEFORE INSERT ON notifications_notification"
        " WHEN NEW.user_id = {user} BEGIN SELECT RAISE(ABORT, 'refused'); END"
    ),
}
