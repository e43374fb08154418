"""Reading all of a part: up to an offset, of a type, of a category; other tabs follow."""

from typing import Any

import pytest

from notifications import limits
from tests.notifications.people import ApiUser, head_of, send_to, send_to_all

LIKE, ORDER, PAYMENT = "BLOG_LIKE", "ORDER_CREATED", "PAYMENT_FAILED"


def statuses(person: ApiUser) -> dict[str, str]:
    """What the list shows: message and status."""
    return {row["message"]: row["status"] for row in person.rows()}


def send_some(person: ApiUser) -> None:
    for kind, message in ((ORDER, "order"), (LIKE, "like"), (PAYMENT, "payment")):
        send_to(person.id, type=kind, message=message)
    send_to_all(message="to everyone")
    send_to_all(type=LIKE, message="everyone's like")


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ({"category": "shopping"}, {"order", "payment"}),
        ({"category": "blog"}, {"like", "everyone's like"}),
        ({"type": PAYMENT}, {"payment"}),
        ({"type": LIKE, "category": "blog"}, {"like", "everyone's like"}),
        ({"type": LIKE, "category": "shopping"}, set()),
        ({"category": "shopping", "up_to": 1}, {"order"}),
        ({"type": LIKE, "up_to": "2"}, {"like", "everyone's like"}),
        ({}, {"order", "like", "payment", "to everyone", "everyone's like"}),
        ({"up_to": 2**62}, {"order", "like", "payment", "to everyone", "everyone's like"}),
        ({"up_to": 0}, set()),
    ],
)
def test_only_what_was_asked_for_is_read(
    alice: ApiUser, asked: dict[str, Any], read: set[str]
) -> None:
    if asked == {"type": LIKE, "up_to": "2"}:
        send_to_all(type=LIKE, message="everyone's like")
        for kind, message in ((ORDER, "order"), (LIKE, "like"), (LIKE, "later")):
            send_to(alice.id, type=kind, message=message)
        send_to_all(type=LIKE, message="everyone's later")
    else:
        send_some(alice)
    before = alice.count()
    answer = alice.put("/read-all", asked)
    assert answer.status_code == 200, answer.content
    assert answer.json()["updated"] == len(read)
    assert {said for said, status in statuses(alice).items() if status == "READ"} == read
    assert alice.count() == before - len(read)


def test_the_filters_may_stand_in_the_query_as_those_of_the_list_do(alice: ApiUser) -> None:
    send_some(alice)
    assert alice.put("/read-all?category=blog&up_to=9").json()["updated"] == 2
    assert alice.put("/read-all?type=ORDER_CREATED", {"type": PAYMENT}).json()["updated"] == 1
    assert statuses(alice)["order"] == "UNREAD"


def test_up_to_is_as_if_it_had_been_asked_then(alice: ApiUser) -> None:
    """Broadcasts that came before the next event are read as well, and later ones are not."""
    send_to(alice.id, message="one")
    send_to_all(message="seen")
    seen = head_of(f"users/{alice.id}")
    send_to(alice.id, message="two")
    send_to_all(message="not seen")
    assert alice.put("/read-all", {"up_to": seen}).json()["updated"] == 2
    unread = {said for said, status in statuses(alice).items() if status == "UNREAD"}
    assert unread == {"two", "not seen"}
    event = alice.events()[-1]
    assert (event.type, event.data["up_to"]) == ("notification.read_all", seen)


def test_other_tabs_are_told_of_each_that_was_read(alice: ApiUser) -> None:
    send_some(alice)
    alice.put("/read-all", {"category": "blog"})
    reported = [event for event in alice.events() if event.type.startswith("notification.read")]
    assert {event.type for event in reported} == {"notification.read"}
    read = [row["id"] for row in alice.rows(status="READ")]
    assert sorted(event.data["id"] for event in reported) == sorted(read)


def test_of_very_many_they_are_told_once(alice: ApiUser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "READ_EVENTS", 1)
    send_some(alice)
    alice.put("/read-all", {"category": "blog"})
    event = alice.events()[-1]
    assert event.type == "notification.read_all"
    assert event.data["types"] == ["BLOG_COMMENT", "BLOG_FOLLOW", "BLOG_LIKE"]


def test_what_is_muted_stays_unread(alice: ApiUser) -> None:
    send_some(alice)
    alice.put("/preferences", {"blog": False})
    assert alice.put("/read-all", {"category": "blog"}).json() == {"updated": 0, "read_at": None}
    alice.put("/preferences", {"blog": True})
    assert statuses(alice)["like"] == "UNREAD"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"upto": 3}, ["upto"]),
        ({"ids": [1], "up_to": 3}, ["ids"]),
        ({"status": "UNREAD"}, ["status"]),
        ({"up_to": -1}, ["up_to"]),
        ({"up_to": None}, ["up_to"]),
        ({"up_to": "soon"}, ["up_to"]),
        ({"up_to": 1.5}, ["up_to"]),
        ({"up_to": True}, ["up_to"]),
        ({"category": "weather"}, ["category"]),
        ({"type": "NOTHING"}, ["type"]),
    ],
)
def test_what_is_not_understood_is_refused_by_name_and_marks_nothing(
    alice: ApiUser, body: dict[str, Any], fields: list[str]
) -> None:
    send_to(alice.id)
    answer = alice.put("/read-all", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
    assert list(answer.json()["errors"]) == fields
    assert alice.count() == 1


@pytest.mark.parametrize("body", [[], [1], "all", 7])
def test_a_body_that_is_no_object_is_refused(alice: ApiUser, body: Any) -> None:
    send_to(alice.id)
    assert alice.put("/read-all", body).status_code == 400
    assert alice.count() == 1


@pytest.mark.parametrize(("query", "body"), [("", {"upTo": 1}), ("&upTo=1", {})])
def test_a_client_that_says_it_in_camel_case_is_understood(
    alice: ApiUser, query: str, body: dict[str, Any]
) -> None:
    for message in ("one", "two"):
        send_to(alice.id, message=message)
    answer = alice.put(f"/read-all?case=camel{query}", body)
    assert answer.status_code == 200, answer.content
    assert statuses(alice) == {"two": "UNREAD", "one": "READ"}
