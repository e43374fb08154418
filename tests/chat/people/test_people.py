"""Finding people, and having nothing to do with some of them."""

import unicodedata

import pytest
from pytest_django import Settings

from accounts.models import User
from chat.people.models import Block
from tests.chat.rooms.people import ApiUser, event_types, events_for, faults, give_role, refusal


def found(person: ApiUser, text: str) -> list[str]:
    return [row["username"] for row in person.asks("/users", q=text)["results"]]


def test_people_are_found_by_any_part_of_their_names(alice: ApiUser, bob: ApiUser) -> None:
    User.objects.create_user("kim", first_name="민수", last_name="김")
    User.objects.create_user("gone-bob", is_active=False)
    assert found(alice, "BO") == ["bob"]
    assert found(alice, "민수") == ["kim"]
    assert found(bob, "ice a") == ["alice"]
    assert found(alice, "ali") == []  # oneself
    assert bob.asks("/users", q="alice") == {
        "results": [{"id": alice.id, "username": "alice", "display_name": "Alice A."}],
        "next": None,
        "previous": None,
    }


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("öz", ["ozge"]),
        ("O\u0308ZGE", ["ozge"]),
        ("özge ü", ["ozge"]),
        (unicodedata.normalize("NFD", "김민"), ["minsu"]),
        ("김민수", ["minsu"]),
        ("ｍｉｎ", ["minsu"]),
        ("strasse", ["walter"]),
        ("ışık", ["isik"]),
        ("IŞI", ["isik"]),
        ("ozge ", ["ozge"]),
        ("oz\u200bge", ["ozge"]),
    ],
    ids=ascii,
)
def test_people_are_found_in_every_spelling(alice: ApiUser, text: str, names: list[str]) -> None:
    for username, first, last in (
        ("ozge", "ÖZGE", "Ünal"),
        ("minsu", "민수", "김"),
        ("walter", "Walter", "Straße"),
        ("isik", "Işık", ""),
    ):
        User.objects.create_user(username, first_name=first, last_name=last)
    assert found(alice, text) == names
    user = User.objects.get(username="minsu")
    user.first_name = "서준"
    user.save(update_fields=["first_name"])
    assert found(alice, "김서준") == ["minsu"]


@pytest.mark.parametrize("text", ["%", "_", "'", "\\"])
def test_what_databases_take_for_patterns_is_text(alice: ApiUser, bob: ApiUser, text: str) -> None:
    assert found(alice, text) == []


def test_twenty_are_shown_at_most(alice: ApiUser) -> None:
    User.objects.bulk_create(User(username=f"member-{n:02}") for n in range(30))
    assert found(alice, "member") == [f"member-{n:02}" for n in range(20)]


@pytest.mark.parametrize("text", ["", " ", "x" * 151, "a\0", "\u3164", "\u200b"])
def test_nothing_in_particular_is_not_looked_for(alice: ApiUser, text: str) -> None:
    assert faults(alice.get("/users", q=text)) == ["q"]


def test_searching_is_throttled(alice: ApiUser, bob: ApiUser, settings: Settings) -> None:
    # None comes back while a busy machine makes sixty searches.
    settings.BELLWIRE_BUDGETS = {"people.lookup": "60/1h"}
    answers = [alice.get("/users", q="b").status_code for _ in range(61)]
    assert answers == [200] * 60 + [429]
    refused = alice.get("/users", q="b")
    assert refusal(refused) == (429, "RATE_LIMITED")
    assert int(refused.headers["Retry-After"]) >= 1
    assert bob.get("/users", q="b").status_code == 200
    settings.BELLWIRE_THROTTLES = False
    assert alice.get("/users", q="b").status_code == 200


# --- blocking --------------------------------------------------------------------------------


def test_one_sees_whom_one_blocks_and_not_by_whom_one_is_blocked(
    alice: ApiUser, bob: ApiUser, carol: ApiUser
) -> None:
    for other in (carol, bob):
        alice.put(f"/users/{other.id}/block")
    shown = alice.asks("/users/blocked")
    assert [row["username"] for row in shown["results"]] == ["bob", "carol"]
    assert set(shown["results"][0]) == {"id", "username", "display_name"}
    assert bob.asks("/users/blocked")["results"] == []
    alice.delete(f"/users/{bob.id}/block")
    assert [row["id"] for row in alice.asks("/users/blocked")["results"]] == [carol.id]


def test_blocking_twice_is_blocking_once_and_can_be_given_up(alice: ApiUser, bob: ApiUser) -> None:
    path = f"/users/{bob.id}/block"
    assert [alice.put(path).status_code for _ in range(2)] == [204, 204]
    assert Block.objects.count() == 1
    assert [alice.delete(path).status_code for _ in range(2)] == [204, 204]
    assert not Block.objects.exists()


def test_one_blocks_others_who_are_there(alice: ApiUser) -> None:
    assert faults(alice.put(f"/users/{alice.id}/block")) == ["user_id"]
    for number in (999_999, 2**63):
        assert refusal(alice.put(f"/users/{number}/block")) == (404, "NOT_FOUND")
        assert alice.delete(f"/users/{number}/block").status_code == 204


def test_who_is_blocked_neither_finds_the_other_nor_begins_to_talk(
    alice: ApiUser, bob: ApiUser
) -> None:
    alice.put(f"/users/{bob.id}/block")
    assert found(bob, "alice") == []
    assert found(alice, "bob") == ["bob"]  # to give it up again
    nobody = bob.post("/rooms", kind="direct", user_id=999_999).json()["errors"]
    blocked = bob.post("/rooms", kind="direct", user_id=alice.id).json()["errors"]
    assert blocked == {"user_id": [f"No such user: {alice.id}"]}
    assert blocked.keys() == nobody.keys()
    answer = alice.post("/rooms", kind="direct", user_id=bob.id)
    assert refusal(answer) == (409, "CONFLICT")


def test_who_is_blocked_does_not_bring_the_other_into_a_room(
    alice: ApiUser, bob: ApiUser, carol: ApiUser
) -> None:
    room = bob.does("/rooms", name="Bob's", kind="group")["id"]
    alice.put(f"/users/{bob.id}/block")
    blocked = bob.post(f"/rooms/{room}/members", user_id=alice.id)
    nobody = bob.post(f"/rooms/{room}/members", user_id=999_999)
    # Nothing tells one who is blocked from one who named a user who is not there.
    assert blocked.status_code == nobody.status_code == 400
    assert blocked.json()["errors"] == {"user_id": [f"No such user: {alice.id}"]}
    assert nobody.json()["errors"] == {"user_id": ["No such user: 999999"]}
    assert [row["user_id"] for row in bob.members(room)] == [bob.id]
    assert events_for(alice) == []
    # Another moderator of the room still may, and she is left alone where she is already.
    bob.does(f"/rooms/{room}/members", user_id=carol.id)
    give_role(carol, room, "moderator")
    assert carol.post(f"/rooms/{room}/members", user_id=alice.id).status_code == 201
    assert bob.post(f"/rooms/{room}/members", user_id=alice.id).status_code == 200


def test_nobody_brings_in_whom_they_block(alice: ApiUser, bob: ApiUser) -> None:
    room = alice.does("/rooms", name="Alice's", kind="group")["id"]
    path = f"/rooms/{room}/members"
    alice.put(f"/users/{bob.id}/block")
    assert refusal(alice.post(path, user_id=bob.id)) == (409, "CONFLICT")
    alice.delete(f"/users/{bob.id}/block")
    assert alice.post(path, user_id=bob.id).status_code == 201


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_in_the_room_of_the_two_nobody_says_anything_more(
    alice: ApiUser, bob: ApiUser, direct: int, who: str
) -> None:
    said = alice.posts(direct, "Before", client_id="c")
    one, other = (alice, bob) if who == "alice" else (bob, alice)
    one.put(f"/users/{other.id}/block")
    for person in (alice, bob):
        answer = person.post(f"/rooms/{direct}/messages", content="x")
        assert refusal(answer) == (403, "FORBIDDEN")
    # A resend is answered as before, and what was said stays.
    again = alice.post(f"/rooms/{direct}/messages", content="Before", client_id="c")
    assert again.json()["id"] == said.pk
    assert bob.receives(direct) == ["Before"]
    assert event_types(direct) == ["message"]
    one.delete(f"/users/{other.id}/block")
    assert other.post(f"/rooms/{direct}/messages", content="x").status_code == 201


def test_in_other_rooms_both_talk(alice: ApiUser, bob: ApiUser, closed: int) -> None:
    alice.put(f"/users/{bob.id}/block")
    assert bob.post(f"/rooms/{closed}/messages", content="x").status_code == 201
