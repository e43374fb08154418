"""`@username` names a member; nothing else does."""

import unicodedata

import pytest

from accounts.models import User
from chat.rooms import services
from tests.chat.rooms.people import ApiUser


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("@bob", ["bob"]),
        ("Hello @bob, and @alice.", ["bob", "alice"]),
        ("@bob @bob @bob", ["bob"]),
        ("(@bob)", ["bob"]),
        ("안녕 @bob!", ["bob"]),
        ("mail@bob", []),
        ("@@bob", []),
        ("@carol is not here", []),
        ("@nobody", []),
        ("@Bob", ["bob"]),
        ("@bobby", []),
        ("@bob@alice", []),
        ("@a.b.", ["a.b"]),
        ("@a.b and @dot.", ["a.b", "dot."]),
        ("@", []),
        ("no one", []),
        ("@bob님, 안녕하세요", ["bob"]),
        ("@김하나님께서는 @김하나에게. @김", ["김하나"]),
        ("@bob그리고여러분모두", ["bob"]),
        ("@bobさん 交给@bob处理 확인부탁드려요@bob ＠bob", ["bob"]),
        (unicodedata.normalize("NFD", "@김하나님께"), ["김하나"]),
        ("a@bob.com `@bob` https://x.example/@bob", []),
    ],
)
def test_who_is_named(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int, content: str, named: list[str]
) -> None:
    for name in ("a.b", "dot.", "김하나"):
        other = User.objects.create_user(name)
        services.add_member(user_id=alice.id, room_id=closed, member_id=other.pk)
    said = alice.does(f"/rooms/{closed}/messages", content=content)
    names = dict(User.objects.values_list("pk", "username"))
    assert [names[user_id] for user_id in said["mentions"]] == named
    assert said["content"] == content


def test_a_wall_of_names_costs_one_query(alice: ApiUser, closed: int) -> None:
    content = " ".join(f"@user{n}" for n in range(400))
    assert alice.does(f"/rooms/{closed}/messages", content=content)["mentions"] == []


def test_namesakes_are_named_by_their_exact_spelling_alone(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    other = User.objects.create(username="Bob", shares_name=True)
    services.add_member(user_id=alice.id, room_id=closed, member_id=other.pk)
    for content, named in (("@bob", [bob.id]), ("@Bob", [other.pk]), ("@BOB", [])):
        assert alice.does(f"/rooms/{closed}/messages", content=content)["mentions"] == named
