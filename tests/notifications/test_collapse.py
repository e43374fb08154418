"""A newer notification takes the place of the unread older one with the same key."""

from tests.notifications.people import ApiUser, Service, send_to


def test_the_older_one_goes_and_the_count_stays(orders: Service, alice: ApiUser) -> None:
    (old,) = orders.send(alice, collapse_key="like:7")["ids"]
    before = alice.get("/unread/count").json()
    (new,) = orders.send(alice, collapse_key="like:7", title="Alice and 3 others")["ids"]

    assert alice.ids() == alice.ids("/unread") == [new]
    assert alice.get("/unread/count").json() == before
    reported = [(event.offset, event.type, event.data["id"]) for event in alice.events()]
    assert reported == [
        (1, "notification", old),
        (2, "notification.deleted", old),
        (3, "notification", new),
    ]


def test_one_that_was_read_stays(orders: Service, alice: ApiUser) -> None:
    (old,) = orders.send(alice, collapse_key="like:7")["ids"]
    alice.put(f"/{old}/read")
    (new,) = orders.send(alice, collapse_key="like:7")["ids"]
    assert alice.ids() == [new, old]
    assert alice.count() == 1


def test_one_that_was_deleted_is_not_deleted_again(orders: Service, alice: ApiUser) -> None:
    (old,) = orders.send(alice, collapse_key="like:7")["ids"]
    alice.delete(f"/{old}")
    orders.send(alice, collapse_key="like:7")
    assert alice.event_types() == ["notification", "notification.deleted", "notification"]
    assert alice.count() == 1


def test_other_keys_no_keys_and_other_people_are_left_alone(alice: ApiUser, bob: ApiUser) -> None:
    for key in ("like:7", "like:8", "", ""):
        send_to(alice.id, bob.id, collapse_key=key)
    send_to(alice.id, collapse_key="like:7")
    assert (alice.count(), bob.count()) == (4, 4)
    assert bob.event_types() == ["notification"] * 4


def test_of_many_only_those_who_have_one_lose_one(
    orders: Service, alice: ApiUser, bob: ApiUser, carol: ApiUser
) -> None:
    orders.send(bob, collapse_key="like:7")
    orders.send(carol, alice, bob, collapse_key="like:7")
    assert (alice.count(), bob.count(), carol.count()) == (1, 1, 1)
    assert len(alice.events()) == len(carol.events()) == 1
    assert bob.event_types(after=1) == ["notification.deleted", "notification"]
