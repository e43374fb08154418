"""Recipients by id, by name, by the issuer's name for them; few and many."""

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from notifications.models import Notification
from notifications.services import RecipientKind, Recipients
from notifications.services.recipients import resolve
from tests.notifications.people import ApiUser, Service, some_users, unread


def said(**recipients: Any) -> dict[str, Any]:
    return {"type": "SYSTEM", "message": "Hello", **recipients}


def test_by_username(orders: Service, alice: ApiUser, bob: ApiUser) -> None:
    answer = orders.post(said(usernames=["bob", "alice", "bob"]))
    assert answer.json()["ids"] == [*bob.ids(), *alice.ids()]


@pytest.mark.parametrize(
    ("stored", "named"),
    [
        ("김민수", unicodedata.normalize("NFD", "김민수")),
        (unicodedata.normalize("NFD", "김민수"), "김민수"),
        ("Bob", "ｂＯＢ"),
        ("ÖZGE", "özge"),
        ("가" * 150, unicodedata.normalize("NFD", "가" * 150)),
    ],
    ids=ascii,
)
def test_username_is_taken_in_every_spelling(orders: Service, stored: str, named: str) -> None:
    user = User.objects.create(username=stored)
    answer = orders.post(said(usernames=[named, stored]))
    assert answer.json()["count"] == 1
    assert unread(user.pk) == 1


def test_namesakes_are_sent_to_by_their_exact_spelling_alone(orders: Service) -> None:
    one, other = (User.objects.create(username=name, shares_name=True) for name in ("Bob", "bob"))
    assert orders.post(said(usernames=["bob"])).json()["count"] == 1
    assert (unread(one.pk), unread(other.pk)) == (0, 1)
    assert orders.refused(**said(usernames=["BOB"])) == {"usernames": ["No such user: BOB"]}


def test_external_ids_are_compared_byte_for_byte(orders: Service) -> None:
    assert orders.post(said(external_ids=["A|1", "a|1"])).json()["count"] == 2


def test_an_unknown_username_is_named(orders: Service, alice: ApiUser) -> None:
    errors = orders.refused(**said(usernames=["alice", "mallory", "앨리스"]))
    assert errors == {"usernames": ["No such user: mallory", "No such user: 앨리스"]}
    assert alice.ids() == []


def test_by_external_id(orders: Service, alice: ApiUser) -> None:
    User.objects.filter(pk=alice.id).update(external_id="idp|1")
    assert orders.post(said(external_ids=["idp|1"])).json()["ids"] == alice.ids()


def test_an_unknown_external_id_becomes_a_user(orders: Service, alice: ApiUser) -> None:
    User.objects.filter(pk=alice.id).update(external_id="idp|1")
    answer = orders.post(said(external_ids=["idp|2", "idp|1", "idp|2"]))
    assert answer.json()["count"] == 2
    newcomer = User.objects.get(external_id="idp|2")
    assert not newcomer.has_usable_password()
    assert unread(newcomer.pk) == unread(alice.id) == 1


def test_whoever_is_refused_is_not_created_either(orders: Service) -> None:
    answer = orders.post(said(external_ids=["idp|2"], type="NO_SUCH_TYPE"))
    assert answer.status_code == 400
    assert not User.objects.filter(external_id="idp|2").exists()


def test_many_unknown_are_counted_after_the_first_hundred(orders: Service) -> None:
    errors = orders.refused(**said(usernames=[f"nobody-{n}" for n in range(150)]))
    assert errors["usernames"][99:] == ["No such user: nobody-99", "and 50 more"]


@pytest.mark.parametrize("way", ["usernames", "external_ids"])
@pytest.mark.parametrize("name", ["", "x" * 256, 7, None, ["alice"]])
def test_what_is_no_name_is_refused_by_its_place(orders: Service, way: str, name: Any) -> None:
    [[message]] = orders.refused(**said(**{way: ["alice", name]})).values()
    assert message.endswith("at place 1.")


def test_ten_thousand_at_once(orders: Service) -> None:
    users = some_users(10_000)
    backwards = [user.pk for user in reversed(users)]
    answer = orders.post(said(user_ids=backwards))
    assert answer.status_code == 201, answer.content[:500]
    assert answer.json()["count"] == 10_000
    rows = Notification.objects.in_bulk(answer.json()["ids"])
    assert [rows[row_id].user_id for row_id in answer.json()["ids"]] == backwards


def test_two_who_name_the_same_newcomers_at_once_make_them_once(
    transactional_db: None, at_once: Callable[..., list[Any]], orders: Service
) -> None:
    names = [f"idp|{n}" for n in range(50)]

    def send(listed: list[str]) -> Callable[[], Any]:
        return lambda: Service.post(orders, said(external_ids=listed)).status_code

    assert at_once([send(names), send(names[::-1]), send(names), send(names[::-1])]) == [201] * 4
    newcomers = User.objects.filter(external_id__startswith="idp|")
    assert newcomers.count() == 50
    assert {unread(user.pk) for user in newcomers} == {4}


def test_resolving_keeps_the_order(alice: ApiUser, bob: ApiUser) -> None:
    assert resolve(Recipients(RecipientKind.USERNAME, ["bob", "alice"])) == [bob.id, alice.id]
