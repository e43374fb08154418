"""Moderation in Django's admin: it shows live, and it is written down who did it."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from chat.rooms.models import Ban, Membership, Message, Room
from tests.chat.rooms.people import ApiUser, event_types, events, refusal

LISTS = ["room", "membership", "ban", "message"]


@pytest.fixture
def staff(db: None, settings: Settings) -> Client:
    settings.ROOT_URLCONF = "config.urls"
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="x"))
    return client


def does(staff: Client, what: str, action: str, *ids: int) -> Any:
    answer = staff.post(
        reverse(f"admin:chat_{what}_changelist"),
        {"action": action, "_selected_action": [str(each) for each in ids]},
        follow=True,
    )
    assert answer.status_code == 200
    return answer


def place_of(person: ApiUser, room_id: int) -> int:
    return Membership.objects.get(room=room_id, user=person.id).pk


@pytest.mark.parametrize("what", LISTS)
def test_everything_is_listed_searched_and_shown(
    staff: Client, alice: ApiUser, bob: ApiUser, closed: int, what: str
) -> None:
    said = alice.posts(closed, "<b>needle</b>")
    banned = Ban.objects.create(room_id=closed, user_id=bob.id, created_at=said.created_at)
    row = {
        "room": closed,
        "membership": place_of(bob, closed),
        "ban": banned.pk,
        "message": said.pk,
    }[what]
    for query in ("", "?q=needle", f"?q={closed}", "?q=bob"):
        listed = staff.get(reverse(f"admin:chat_{what}_changelist") + query)
        assert listed.status_code == 200
        assert b"<b>needle</b>" not in listed.content
    shown = staff.get(reverse(f"admin:chat_{what}_change", args=[row]))
    assert shown.status_code == 200
    assert b"<b>needle</b>" not in shown.content


def test_a_hidden_message_is_gone_for_everybody(staff: Client, alice: ApiUser, closed: int) -> None:
    said = alice.posts(closed, "Rude")
    does(staff, "message", "hide", said.pk)
    does(staff, "message", "hide", said.pk)
    assert alice.receives(closed) == [""]
    assert event_types(closed, after=2) == ["message.deleted"]
    [entry] = LogEntry.objects.all()
    assert (entry.user.username, entry.object_id) == ("root", str(said.pk))
    assert entry.change_message == "Message hidden"


@pytest.mark.parametrize(("action", "word"), [("remove", "Removed"), ("ban", "Banned")])
def test_who_is_removed_or_banned_is_out_at_once(
    staff: Client, bob: ApiUser, closed: int, action: str, word: str
) -> None:
    place = place_of(bob, closed)
    does(staff, "membership", action, place)
    assert refusal(bob.get(f"/rooms/{closed}")) == (404, "NOT_FOUND")
    assert events(closed)[-1].data == {"user_id": bob.id}
    assert [ban.by.username for ban in Ban.objects.all() if ban.by] == (
        ["root"] if action == "ban" else []
    )
    [entry] = LogEntry.objects.all()
    assert (entry.object_id, entry.change_message) == (str(place), word)


def test_a_ban_is_lifted_by_deleting_it(
    staff: Client, alice: ApiUser, bob: ApiUser, opened: int
) -> None:
    bob.post(f"/rooms/{opened}/join")
    does(staff, "membership", "ban", place_of(bob, opened))
    assert refusal(bob.post(f"/rooms/{opened}/join")) == (403, "FORBIDDEN")
    ban = Ban.objects.get()
    staff.post(reverse("admin:chat_ban_delete", args=[ban.pk]), {"post": "yes"})
    assert bob.post(f"/rooms/{opened}/join").status_code == 200


def test_a_deleted_room_tells_its_members(staff: Client, alice: ApiUser, closed: int) -> None:
    does(staff, "room", "close", closed)
    assert not Room.objects.exists()
    assert event_types(closed)[-1] == "room.deleted"
    [entry] = LogEntry.objects.all()
    assert (entry.object_id, entry.change_message) == (str(closed), "Room deleted")


@pytest.mark.parametrize("what", ["room", "membership", "message"])
def test_nothing_is_added_changed_or_deleted_past_the_services(
    staff: Client, alice: ApiUser, closed: int, what: str
) -> None:
    said = alice.posts(closed, "stays").pk
    row = {"room": closed, "membership": place_of(alice, closed), "message": said}[what]
    assert staff.get(reverse(f"admin:chat_{what}_add")).status_code == 403
    changed = staff.post(reverse(f"admin:chat_{what}_change", args=[row]), {"content": "x"})
    assert changed.status_code == 403
    deleted = staff.post(reverse(f"admin:chat_{what}_delete", args=[row]), {"post": "yes"})
    assert deleted.status_code == 403
    assert Message.objects.get().content == "stays"


def test_who_may_only_look_moderates_nothing(db: None, settings: Settings, alice: ApiUser) -> None:
    settings.ROOT_URLCONF = "config.urls"
    viewer = User.objects.create_user("viewer", is_staff=True)
    client = Client()
    client.force_login(viewer)
    assert client.get(reverse("admin:chat_message_changelist")).status_code == 403
