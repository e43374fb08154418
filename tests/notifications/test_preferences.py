"""While a category is off it is neither listed, counted nor pushed; once on, it is there again."""

from typing import Any

import pytest

from notifications import services, types
from notifications.live.policies import Muted, UserTopics
from notifications.models import UnreadCounter
from realtime.protocol.messages import Publication, Topic
from tests.notifications.people import ApiUser, Service, send_to, send_to_all

ALL_ON = {"shopping": True, "blog": True, "prism": True, "social": True, "system": True}


def test_everything_is_on_until_it_is_switched_off(alice: ApiUser) -> None:
    assert alice.get("/preferences").json() == ALL_ON


def test_off_means_neither_listed_nor_counted_and_on_means_there_again(
    orders: Service, alice: ApiUser, bob: ApiUser
) -> None:
    order = orders.send(alice, bob)["ids"][0]
    like = orders.send(alice, bob, type="BLOG_LIKE")["ids"][0]
    [news] = send_to_all(type="BLOG_COMMENT").ids
    answer = alice.put("/preferences", {"blog": False})
    assert answer.status_code == 200
    assert answer.json() == {**ALL_ON, "blog": False} == alice.get("/preferences").json()
    assert (alice.ids(), alice.count()) == ([order], 1)
    assert alice.ids("/unread") == [order]
    assert alice.ids(type="BLOG_LIKE") == []
    meanwhile = orders.send(alice, type="BLOG_LIKE")["ids"][0]
    [late_news] = send_to_all(type="BLOG_COMMENT").ids
    assert (alice.ids(), alice.count()) == ([order], 1)
    assert bob.count() == 4
    alice.put("/preferences", {"blog": True})
    assert alice.ids() == [late_news, meanwhile, news, like, order]
    assert alice.count() == 5


def test_what_was_read_before_or_meanwhile_is_not_counted_later(
    orders: Service, alice: ApiUser
) -> None:
    like, other = (orders.send(alice, type="BLOG_LIKE")["ids"][0] for _ in range(2))
    [news] = send_to_all(type="BLOG_COMMENT").ids
    alice.put(f"/{like}/read")
    alice.put("/preferences", {"blog": False})
    # A page that was open before may still show it.
    assert alice.put(f"/{other}/read").status_code == 200
    assert alice.put(f"/{news}/read").status_code == 200
    assert alice.count() == 0
    alice.put("/preferences", {"blog": True})
    assert alice.count() == 0
    assert len(alice.rows(status="READ")) == 3


def test_reading_all_leaves_unread_what_is_not_shown(orders: Service, alice: ApiUser) -> None:
    like = orders.send(alice, type="BLOG_LIKE")["ids"][0]
    [news] = send_to_all(type="BLOG_COMMENT").ids
    orders.send(alice)
    alice.put("/preferences", {"blog": False})
    assert alice.put("/read-all").json()["updated"] == 1
    alice.put("/preferences", {"blog": True})
    assert alice.ids("/unread") == [news, like]


def test_a_change_is_told_once_and_names_all_categories(alice: ApiUser) -> None:
    alice.put("/preferences", {"blog": False, "social": True})
    alice.put("/preferences", {"blog": False})
    [event] = alice.events()
    assert (event.type, event.data) == ("preferences", {**ALL_ON, "blog": False})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"system": False}, "system"),
        ({"gossip": False}, "gossip"),
        ({"blog": "no"}, "blog"),
        ({"blog": 0}, "blog"),
        ({"blog": None}, "blog"),
        (["blog"], ""),
        ("blog", ""),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_changed(
    alice: ApiUser, body: Any, field: str
) -> None:
    mixed = {"shopping": False, **body} if isinstance(body, dict) else body
    answer = alice.put("/preferences", mixed)
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] == "INVALID"
    if field:
        assert field in answer.json()["errors"]
    assert alice.get("/preferences").json() == ALL_ON


def test_system_may_be_set_to_what_it_is(alice: ApiUser) -> None:
    assert alice.put("/preferences", {"system": True}).json() == ALL_ON


def test_a_mask_hides_new_ones_of_its_categories_and_nothing_else() -> None:
    policy = UserTopics()

    def event(kind: str, data: bytes) -> Publication:
        return Publication(Topic("users/7"), "e", 1, kind, data, 0.0)

    reported = event("preferences", b'{"blog":false,"shopping":true}')
    assert policy.changes_filter(reported)
    event_filter = policy.filter_after(reported)
    assert event_filter == Muted(frozenset({"blog"}))
    assert not event_filter.shows(event("notification", b'{"type":"BLOG_LIKE"}'))
    assert event_filter.shows(event("notification", b'{"type":"ORDER_CREATED"}'))
    assert event_filter.shows(event("notification", b'{"type":"NOBODY_KNOWS"}'))
    assert event_filter.shows(event("notification.deleted", b'{"id":7}'))
    assert policy.filter_after(event("preferences", b'{"blog":true}')) is None
    assert not policy.changes_filter(event("notification", b"{}"))


def test_a_deployments_own_types_come_with_category_title_icon_and_link(
    settings: Any, orders: Service, alice: ApiUser
) -> None:
    settings.BELLWIRE_NOTIFICATION_TYPES = {
        "INVOICE_DUE": {
            "category": "billing",
            "title": "Invoice due",
            "icon": "invoice",
            "link": "/invoices/{reference_id}",
        }
    }
    assert alice.get("/preferences").json()["billing"] is True
    orders.send(alice, type="INVOICE_DUE", reference_id="7/8")
    [row] = alice.rows()
    assert (row["title"], row["link"]) == ("Invoice due", "/invoices/7%2F8")
    orders.send(alice, type="INVOICE_DUE")
    orders.send(alice, type="INVOICE_DUE", reference_id="9", link="/mine")
    assert [row["link"] for row in alice.rows()] == ["/mine", None, "/invoices/7%2F8"]
    [kind] = [one for one in alice.get("/types").json() if one["name"] == "INVOICE_DUE"]
    assert (kind["category"], kind["icon"]) == ("billing", "invoice")
    alice.put("/preferences", {"billing": False})
    assert (alice.ids(), alice.count()) == ([], 0)


def test_a_type_that_moves_to_another_category_is_counted_anew(
    settings: Any, orders: Service, alice: ApiUser
) -> None:
    orders.send(alice, type="BLOG_LIKE")
    send_to_all(type="BLOG_LIKE")
    alice.put("/preferences", {"blog": False})
    settings.BELLWIRE_NOTIFICATION_TYPES = {"BLOG_LIKE": {"category": "social", "title": "Like"}}
    services.refile_broadcasts()
    services.recount(user_id=alice.id)
    assert alice.count() == len(alice.rows()) == 2


@pytest.mark.parametrize(
    "own",
    [
        [],
        {"": {"category": "a", "title": "b"}},
        {"A": {"category": "a"}},
        {"A": {"category": "a", "title": "b", "colour": "red"}},
        {"A": {"category": "a", "title": 7}},
        {"A": {"category": "", "title": "b"}},
        {"A": {"category": "a", "title": "b" * 201}},
    ],
)
def test_a_registry_that_is_wrong_is_told_at_start(own: object) -> None:
    assert types.faults(own)


def test_a_registry_that_is_right_is_not() -> None:
    assert types.faults({"A": {"category": "a", "title": "b", "icon": "c", "link": "/d"}}) == []


def test_a_mute_while_others_send_never_lets_the_counter_drift(alice: ApiUser) -> None:
    for on in (False, True, False, True):
        send_to(alice.id, type="BLOG_LIKE")
        services.set_preferences(user_id=alice.id, wanted={"blog": on})
        send_to(alice.id, type="BLOG_LIKE")
    counter = UnreadCounter.objects.get(user=alice.id)
    assert counter.unread == alice.count() == len(alice.ids("/unread")) == 8
