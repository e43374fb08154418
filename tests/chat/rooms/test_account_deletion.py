"""An account that is deleted leaves its rooms, and those who stay are told."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from accounts.users.deletion import delete_user
from chat.rooms import services
from chat.rooms.models import Kind, Membership, Message, Role, Room
from tests.chat.rooms.people import ApiUser, event_types, events, give_role, refusal
from tests.chat.rooms.subscriber import Reader, fetched

CHANGELIST = "admin:accounts_user_changelist"


def desk_of(user: User, settings: Settings) -> Client:
    settings.ROOT_URLCONF = "config.urls"
    desk = Client()
    desk.force_login(user)
    return desk


@pytest.fixture
def desk(db: None, settings: Settings) -> Client:
    return desk_of(User.objects.create_superuser("root", password="x"), settings)


def test_those_who_stay_are_told_and_what_was_said_stays(
    alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    bob.posts(closed, "UserDeletedHook")
    services.mark_read(user_id=bob.id, room_id=closed, offset=1)
    reader = Reader(alice, closed)
    assert delete_user(user_id=bob.id)
    assert events(closed)[-1].data == {"user_id": bob.id}
    assert reader.catch_up()["members"].keys() == {alice.id}
    [said] = alice.asks(f"/rooms/{closed}/messages")["results"]
    assert (said["content"], said["user_id"], said["username"]) == ("UserDeletedHook", None, "")
    shown = {**reader.shown, "messages": {said["id"]: said}}
    assert shown == fetched(alice, closed)
    assert not delete_user(user_id=bob.id)
    assert event_types(closed)[-1] == "member.left"


@pytest.mark.parametrize("moderated", [False, True])
def test_an_owners_room_is_handed_over(
    alice: ApiUser, bob: ApiUser, carol: ApiUser, closed: int, moderated: bool
) -> None:
    services.add_member(user_id=alice.id, room_id=closed, member_id=carol.id)
    if moderated:
        give_role(carol, closed, "moderator")
    delete_user(user_id=alice.id)
    heir = carol if moderated else bob
    assert event_types(closed)[-2:] == ["member.left", "member.changed"]
    assert events(closed)[-1].data == {"user_id": heir.id, "username": heir.name, "role": "owner"}
    assert heir.room(closed)["role"] == "owner"


def test_an_open_room_that_everybody_has_left_is_whose_who_finds_it(
    alice: ApiUser, bob: ApiUser, opened: int
) -> None:
    delete_user(user_id=alice.id)
    assert event_types(opened)[-1] == "member.left"
    assert services.join_room(user_id=bob.id, room_id=opened).membership.role == Role.OWNER


def test_a_direct_room_keeps_its_history_for_the_other_and_goes_with_them(
    alice: ApiUser, bob: ApiUser, direct: int
) -> None:
    bob.posts(direct, "Between us")
    delete_user(user_id=bob.id)
    assert event_types(direct)[-1] == "member.left"
    assert alice.receives(direct) == ["Between us"]
    assert [room["id"] for room in alice.rooms()] == [direct]
    delete_user(user_id=alice.id)
    assert event_types(direct)[-1] == "room.deleted"
    assert not Room.objects.exists()
    assert not Message.objects.exists()


def test_the_statements_do_not_grow_with_the_rooms_that_are_others(
    alice: ApiUser,
) -> None:
    def statements(who: ApiUser, rooms: int) -> int:
        for number in range(rooms):
            room = services.create_room(user_id=alice.id, name=str(number), kind=Kind.GROUP)
            services.add_member(user_id=alice.id, room_id=room.pk, member_id=who.id)
        with CaptureQueriesContext(connection) as captured:
            delete_user(user_id=who.id)
        return len(captured)

    others = [ApiUser(User.objects.create_user(f"guest-{n}")) for n in range(2)]
    assert statements(others[0], 1) == statements(others[1], 30)
    assert Membership.objects.exclude(user=alice.id).count() == 0


# --- in the admin ----------------------------------------------------------------------------


def test_one_who_is_in_rooms_is_deleted_on_their_page(
    desk: Client, alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    page = reverse("admin:accounts_user_delete", args=[bob.id])
    assert bob.name in desk.get(page).content.decode()
    assert desk.post(page, {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=bob.id).exists()
    assert event_types(closed)[-1] == "member.left"
    assert LogEntry.objects.get().object_id == str(bob.id)
    assert refusal(bob.get("/rooms"))[0] == 401


def test_some_are_deleted_from_the_list(
    desk: Client, alice: ApiUser, bob: ApiUser, closed: int
) -> None:
    body = {"action": "delete_selected", "_selected_action": [alice.id, bob.id]}
    asked = desk.post(reverse(CHANGELIST), body)
    assert asked.status_code == 200
    assert "permission" not in asked.context
    assert desk.post(reverse(CHANGELIST), {**body, "post": "yes"}).status_code == 302
    assert set(User.objects.values_list("username", flat=True)) == {"root"}
    assert event_types(closed)[-3:] == ["member.left", "member.changed", "member.left"]
    assert LogEntry.objects.count() == 2


def test_who_may_only_change_users_deletes_nobody(
    db: None, settings: Settings, bob: ApiUser, closed: int
) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=("view_user", "change_user")))
    desk = desk_of(clerk, settings)
    page = reverse("admin:accounts_user_delete", args=[bob.id])
    assert desk.post(page, {"post": "yes"}).status_code == 403
    body = {"action": "delete_selected", "_selected_action": [bob.id], "post": "yes"}
    desk.post(reverse(CHANGELIST), body)
    assert Membership.objects.filter(user=bob.id).exists()
