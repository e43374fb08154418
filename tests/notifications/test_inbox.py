"""What people do with their notifications, and what their other tabs are told."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from rest_framework.test import APIClient

from notifications.models import Notification
from tests.notifications.people import NOTIFICATIONS, ApiUser, Service, send_to, some_users

# --- lists ---------------------------------------------------------------------------------------


def test_the_newest_comes_first_in_pages_without_a_total(alice: ApiUser) -> None:
    sent = [send_to(alice.id).ids[0] for _ in range(5)]
    first = alice.get(size=2).json()
    assert list(first) == ["results", "next", "previous"]
    assert [row["id"] for row in first["results"]] == sent[:2:-1]
    assert first["previous"] is None
    second = alice.client.get(first["next"]).json()
    assert [row["id"] for row in second["results"]] == [sent[2], sent[1]]
    last = alice.client.get(second["next"]).json()
    assert [row["id"] for row in last["results"]] == [sent[0]]
    assert last["next"] is None


def test_filters_and_the_list_of_the_unread(alice: ApiUser) -> None:
    (order,) = send_to(alice.id).ids
    (like,) = send_to(alice.id, type="BLOG_LIKE").ids
    (other,) = send_to(alice.id).ids
    alice.put(f"/{order}/read")
    assert alice.ids(status="UNREAD") == alice.ids("/unread") == [other, like]
    assert alice.ids(status="READ") == [order]
    assert alice.ids(type="ORDER_CREATED") == [other, order]
    assert alice.ids(type="ORDER_CREATED", status="READ") == [order]
    assert alice.ids("/unread", type="BLOG_LIKE") == [like]
    assert alice.ids(type="SYSTEM") == []


@pytest.mark.parametrize("path", ["", "/unread"])
@pytest.mark.parametrize(
    "query",
    [
        {"status": "unread"},
        {"status": ""},
        {"status": "DELETED"},
        {"type": "NO_SUCH_TYPE"},
        {"type": ""},
        {"category": "no_such_category"},
        {"category": ""},
        {"page": "0"},
        {"page": "x"},
        {"size": "-1"},
    ],
)
def test_nonsense_in_the_query_is_a_400(alice: ApiUser, path: str, query: dict[str, str]) -> None:
    answer = alice.get(path, **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
    assert list(answer.json()["errors"]) == list(query)


def test_nobody_sees_what_is_anothers(alice: ApiUser, bob: ApiUser) -> None:
    send_to(alice.id)
    assert bob.ids() == bob.ids("/unread") == []
    assert bob.count() == 0
    assert bob.events() == []


def test_the_count_has_a_version_that_grows_by_one_with_each_change(alice: ApiUser) -> None:
    def unread() -> dict[str, int]:
        answer: dict[str, int] = alice.get("/unread/count").json()
        return answer

    assert unread() == {"count": 0, "version": 0}
    (first,) = send_to(alice.id).ids
    (second,) = send_to(alice.id).ids
    assert unread() == {"count": 2, "version": 2}
    alice.put(f"/{first}/read")
    assert unread() == {"count": 1, "version": 3}
    alice.delete(f"/{first}")
    assert unread() == {"count": 1, "version": 3}, "a read one was not counted"
    alice.delete(f"/{second}")
    assert unread() == {"count": 0, "version": 4}
    alice.put("/read-all")
    assert unread() == {"count": 0, "version": 4}


# --- read ----------------------------------------------------------------------------------------


def test_reading_one_is_told_once_however_often_it_is_done(alice: ApiUser) -> None:
    (sent,) = send_to(alice.id).ids
    first = alice.put(f"/{sent}/read")
    again = alice.put(f"/{sent}/read")
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json() == alice.rows()[0]
    assert first.json()["status"] == "READ"
    [event] = alice.events(after=1)
    assert event.type == "notification.read"
    assert event.data == {"id": sent, "read_at": first.json()["read_at"]}
    assert alice.count() == 0


def test_reading_all_says_up_to_where(alice: ApiUser, bob: ApiUser) -> None:
    ids = [send_to(alice.id, bob.id).ids[0] for _ in range(3)]
    alice.put(f"/{ids[0]}/read")
    answer = alice.put("/read-all").json()
    assert answer["updated"] == 2
    [event] = alice.events(after=4)
    assert event.type == "notification.read_all"
    assert event.data == {"read_at": answer["read_at"], "up_to": 4, "broadcasts_up_to": 0}
    assert alice.count() == 0
    assert alice.ids(status="READ") == ids[::-1]
    assert bob.count() == 3


def test_reading_all_again_tells_nothing(alice: ApiUser) -> None:
    send_to(alice.id)
    alice.put("/read-all")
    again = alice.put("/read-all")
    assert (again.status_code, again.json()) == (200, {"updated": 0, "read_at": None})
    assert alice.event_types() == ["notification", "notification.read_all"]


def test_what_comes_after_reading_all_is_unread(alice: ApiUser) -> None:
    send_to(alice.id)
    alice.put("/read-all")
    (later,) = send_to(alice.id).ids
    assert alice.ids("/unread") == [later]
    assert alice.events(after=2)[0].offset == 3


# --- delete --------------------------------------------------------------------------------------


def test_deleting_one_is_told_once_however_often_it_is_done(alice: ApiUser) -> None:
    (sent,) = send_to(alice.id).ids
    assert [alice.delete(f"/{sent}").status_code for _ in range(3)] == [204, 204, 204]
    assert [(event.type, event.data) for event in alice.events(after=1)] == [
        ("notification.deleted", {"id": sent})
    ]
    assert alice.ids() == []
    assert alice.count() == 0
    assert Notification.objects.filter(pk=sent).exists(), "kept for the sender"


def test_a_deleted_one_cannot_be_read(alice: ApiUser) -> None:
    (sent,) = send_to(alice.id).ids
    alice.delete(f"/{sent}")
    answer = alice.put(f"/{sent}/read")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_anothers_and_none_at_all_look_the_same(alice: ApiUser, bob: ApiUser) -> None:
    (sent,) = send_to(alice.id).ids
    for answer in (
        bob.put(f"/{sent}/read"),
        bob.delete(f"/{sent}"),
        bob.put("/999999/read"),
        bob.delete("/999999"),
        bob.delete(f"/{2**63}"),
        bob.put(f"/{10**30}/read"),
    ):
        assert answer.status_code == 404
        assert answer.json() == {"code": "NOT_FOUND", "message": "Not found"}
    assert alice.ids("/unread") == [sent]
    assert bob.events() == []


# --- who may -------------------------------------------------------------------------------------

ENDPOINTS: list[tuple[str, str]] = [
    ("GET", ""),
    ("GET", "/unread"),
    ("GET", "/unread/count"),
    ("PUT", "/1/read"),
    ("PUT", "/read-all"),
    ("DELETE", "/1"),
]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_services_have_no_inbox_and_strangers_neither(
    orders: Service, method: str, path: str
) -> None:
    answer = orders.client.generic(method, NOTIFICATIONS + path)
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
    answer = APIClient().generic(method, NOTIFICATIONS + path)
    assert (answer.status_code, answer.json()["code"]) == (401, "AUTH_ERROR")


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_the_same_below_the_gateways_path(alice: ApiUser, method: str, path: str) -> None:
    plain = alice.client.generic(method, NOTIFICATIONS + path)
    gateway = alice.client.generic(method, f"/notification{NOTIFICATIONS}{path}")
    assert (plain.status_code, plain.content) == (gateway.status_code, gateway.content)


def test_tabs_that_read_and_delete_at_once_agree(
    transactional_db: None, at_once: Callable[..., list[Any]]
) -> None:
    person = ApiUser(some_users(1)[0])
    ids = [send_to(person.id).ids[0] for _ in range(4)]
    work = [partial(person.put, f"/{sent}/read") for sent in ids]
    work += [partial(person.delete, f"/{sent}") for sent in ids]
    answers = at_once([*work, *work])
    assert {answer.status_code for answer in answers} <= {200, 204, 404}
    assert person.ids() == []
    assert person.get("/unread/count").json()["count"] == 0
    reported = [
        event.data["id"] for event in person.events() if event.type == "notification.deleted"
    ]
    assert sorted(reported) == sorted(ids)
