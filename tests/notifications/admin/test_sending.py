"""Sending from the admin: what is shown is what is sent, to as many as were agreed to, once."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from notifications import limits
from notifications.models import Batch, Broadcast, Notification
from tests.notifications.admin.conftest import Staff
from tests.notifications.admin.desk import NOTIFICATIONS, SEND, logged, text
from tests.notifications.people import ApiUser, some_users

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = {"type": "announcement", "title": "We move", "message": "On Monday", "link": "/news/1"}


@pytest.fixture
def crew(alice: ApiUser, bob: ApiUser) -> Group:
    """A group with Alice, Bob, and somebody who was disabled."""
    group = Group.objects.create(name="Crew")
    gone = User.objects.create_user("gone", is_active=False)
    group.user_set.set([alice.user, bob.user, gone])
    return group


def ask(client: Client, step: str = "preview", **form: Any) -> Any:
    return client.post(SEND, {**WORDS, "step": step, **form})


def agreed(page: Any) -> dict[str, Any]:
    """What the preview's button sends: all that the page has in its form."""
    html = page.content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html))
    texts = dict(re.findall(r'<textarea name="(\w+)" hidden>\n([^<]*)</textarea>', html))
    hidden.pop("csrfmiddlewaretoken", None)
    return {**texts, **hidden, "step": "send"}


def button(page: Any) -> str:
    """What the preview's button says."""
    found = re.search(r'value="send"[^>]*>([^<]*)<', page.content.decode())
    return found[1] if found else ""


def test_a_group_is_shown_its_number_and_then_sent_to(
    desk: Client, crew: Group, alice: ApiUser, bob: ApiUser
) -> None:
    preview = ask(desk, to="group", group=crew.pk)
    shown = preview.content.decode()
    assert button(preview) == "Send to 2 users"
    for part in ("We move", "On Monday", "/news/1", "announcement", "Crew"):
        assert part in shown
    assert not Notification.objects.exists()

    answer = desk.post(SEND, agreed(preview), follow=True)

    batch = Batch.objects.get()
    assert answer.redirect_chain == [(f"/admin/notifications/batch/{batch.pk}/change/", 302)]
    assert "Sent to 2 users." in answer.content.decode()
    assert batch.sender == f"user:{User.objects.get(username='root').pk}"
    for person in (alice, bob):
        [row] = person.rows()
        assert {name: row[name] for name in WORDS} == WORDS
        assert person.event_types() == ["notification"]
    assert logged() == ["Sent announcement to 2 users (group)."]
    assert LogEntry.objects.get().object_id == str(batch.pk)


def test_users_are_named_by_line_or_comma_each_once(
    desk: Client, alice: ApiUser, bob: ApiUser, carol: ApiUser
) -> None:
    preview = ask(desk, to="users", usernames="alice, bob\r\n alice\n\n,")
    assert button(preview) == "Send to 2 users"
    desk.post(SEND, agreed(preview))
    assert [len(person.rows()) for person in (alice, bob, carol)] == [1, 1, 0]


def test_one_is_a_user(desk: Client, alice: ApiUser) -> None:
    assert button(ask(desk, to="users", usernames="alice")) == "Send to 1 user"


def test_everyone_is_sent_to_once_for_all(desk: Client, alice: ApiUser, bob: ApiUser) -> None:
    preview = ask(desk, to="everyone")
    assert button(preview) == "Send to 3 users"  # and the administrator
    answer = desk.post(SEND, agreed(preview), follow=True)
    assert "Sent to 3 users." in answer.content.decode()
    assert Broadcast.objects.count() == Notification.objects.count() == 1
    assert [row["title"] for row in alice.rows()] == ["We move"]


def test_pressing_twice_sends_once(desk: Client, crew: Group, alice: ApiUser) -> None:
    form = agreed(ask(desk, to="group", group=crew.pk))
    first = desk.post(SEND, form)
    again = desk.post(SEND, form, follow=True)
    assert again.redirect_chain == [(first.headers["Location"], 302)]
    assert "It was not sent again." in again.content.decode()
    assert len(alice.rows()) == 1
    assert len(logged()) == 1


def test_pressing_twice_at_once_sends_once(
    desk: Client, crew: Group, alice: ApiUser, at_once: Callable[..., list[Any]]
) -> None:
    form = agreed(ask(desk, to="group", group=crew.pk))

    def press() -> int:
        client = Client()
        client.cookies = desk.cookies
        return client.post(SEND, form).status_code

    assert at_once([press] * 4) == [302] * 4
    assert len(alice.rows()) == 1
    assert Batch.objects.count() == 1
    assert len(logged()) == 1


def test_after_it_was_sent_the_button_says_so_whoever_has_joined_since(
    desk: Client, crew: Group, alice: ApiUser, carol: ApiUser
) -> None:
    form = agreed(ask(desk, to="group", group=crew.pk))
    desk.post(SEND, form)
    crew.user_set.add(carol.user)
    again = desk.post(SEND, form, follow=True)
    assert "This was sent already, to 2 users." in again.content.decode()
    assert carol.rows() == []


def test_another_preview_is_another_send(desk: Client, crew: Group, alice: ApiUser) -> None:
    for _ in range(2):
        desk.post(SEND, agreed(ask(desk, to="group", group=crew.pk)))
    assert len(alice.rows()) == 2


@pytest.mark.parametrize("change", ["joins", "leaves"])
def test_when_the_number_has_changed_it_is_said_and_asked_again(
    desk: Client, crew: Group, bob: ApiUser, carol: ApiUser, change: str
) -> None:
    form = agreed(ask(desk, to="group", group=crew.pk))
    if change == "joins":
        crew.user_set.add(carol.user)
    else:
        crew.user_set.remove(bob.user)
    count = 3 if change == "joins" else 1

    asked = desk.post(SEND, form)

    assert asked.status_code == 200
    assert f"They were 2, and are {count} now" in asked.content.decode()
    assert not Notification.objects.exists()
    assert logged() == []
    desk.post(SEND, agreed(asked))
    assert Notification.objects.count() == count


def test_of_everyone_a_few_more_are_still_everyone(desk: Client, alice: ApiUser) -> None:
    some_users(300)
    form = agreed(ask(desk, to="everyone"))
    some_users(2, "new")
    assert desk.post(SEND, form).status_code == 302
    form = agreed(ask(desk, to="everyone"))
    some_users(30, "many-new")
    assert "have changed meanwhile" in desk.post(SEND, form).content.decode()
    assert Broadcast.objects.count() == 1


def test_a_group_of_more_than_a_request_may_name_is_one_batch(desk: Client, alice: ApiUser) -> None:
    group = Group.objects.create(name="Many")
    people = some_users(limits.RECIPIENTS + 1)
    through = User.groups.through
    through.objects.bulk_create(
        [through(user_id=user.pk, group_id=group.pk) for user in people], batch_size=2_000
    )
    preview = ask(desk, to="group", group=group.pk)
    assert button(preview) == "Send to 10,001 users"
    assert desk.post(SEND, agreed(preview)).status_code == 302
    batch = Batch.objects.get()
    assert batch.count == Notification.objects.filter(batch=batch).count() == 10_001


def test_of_too_large_a_group_it_is_said(
    desk: Client, crew: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "GROUP_MEMBERS", 1)
    shown = ask(desk, to="group", group=crew.pk).content.decode()
    assert "This group has more than 1 members" in shown


def test_it_can_be_changed_before_it_is_sent(desk: Client, alice: ApiUser) -> None:
    form = agreed(ask(desk, to="users", usernames="alice", message="Tow\r\nlines"))
    shown = desk.post(SEND, {**form, "step": "edit"}).content.decode()
    assert 'value="We move"' in shown
    assert ">\nalice</textarea>" in shown
    assert re.search(r"Tow\r?\nlines</textarea>", shown)
    assert "errorlist" not in shown


def test_lines_stay_lines(desk: Client, alice: ApiUser) -> None:
    desk.post(SEND, agreed(ask(desk, to="users", usernames="alice", message="One\r\n\r\ntwo")))
    assert alice.rows()[0]["message"] == "One\n\ntwo"


def test_without_a_title_it_is_called_as_its_type(desk: Client, alice: ApiUser) -> None:
    preview = ask(desk, to="users", usernames="alice", title="")
    assert "Announcement" in preview.content.decode()
    desk.post(SEND, agreed(preview))
    assert alice.rows()[0]["title"] == "Announcement"


def test_what_is_written_is_shown_and_never_run(desk: Client, alice: ApiUser) -> None:
    preview = ask(desk, to="users", usernames="alice", title="<script>alert(1)</script>")
    assert "<script>alert" not in preview.content.decode()


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"to": "users", "usernames": "alice nobody"}, "No such user: alice nobody"),
        ({"to": "users", "usernames": "alice,ghost"}, "No such user: ghost"),
        ({"to": "users"}, "Expected recipients here."),
        ({"to": "group"}, "Expected recipients here."),
        ({"to": "group", "group": "0"}, "Select a valid choice"),
        ({"to": "everyone", "usernames": "alice"}, "but not chosen above"),
        ({}, "This field is required."),
        ({"to": "users", "usernames": "alice", "type": "NONE"}, "Select a valid choice"),
        ({"to": "users", "usernames": "alice", "link": "javascript:x"}, "Expected a path"),
        ({"to": "users", "usernames": "alice", "link": "//evil.example"}, "Expected a path"),
        ({"to": "users", "usernames": "alice", "message": ""}, "This field is required."),
        ({"to": "users", "usernames": "alice", "message": "x" * 2_001}, "at most 2000 characters"),
        ({"to": "users", "usernames": "alice", "title": "x" * 201}, "at most 200 characters"),
        ({"to": "users", "usernames": "alice", "title": "\x00"}, "Null characters"),
    ],
)
@pytest.mark.parametrize("step", ["preview", "send"])
def test_what_is_wrong_is_named_and_nothing_is_sent(
    desk: Client, alice: ApiUser, form: dict[str, str], fault: str, step: str
) -> None:
    more = {"key": "k", "expected": "1"} if step == "send" else {}
    answer = ask(desk, step, **{**form, **more})
    assert answer.status_code == 200
    assert fault in answer.content.decode()
    assert not Notification.objects.exists()


def test_a_message_is_as_long_as_its_reader_counts(desk: Client, alice: ApiUser) -> None:
    lines = "\r\n".join(["x"] * 1_000)  # 1,999 with LF
    assert button(ask(desk, to="users", usernames="alice", message=lines))


def test_a_group_without_active_members_has_nobody_to_send_to(desk: Client) -> None:
    group = Group.objects.create(name="Empty")
    shown = ask(desk, to="group", group=group.pk).content.decode()
    assert "This group has no active members." in shown


def test_a_send_that_was_never_previewed_is_previewed(desk: Client, alice: ApiUser) -> None:
    assert button(ask(desk, "send", to="users", usernames="alice")) == "Send to 1 user"
    assert not Notification.objects.exists()


def test_who_may_not_send_has_neither_button_nor_page(staff: Staff, crew: Group) -> None:
    client = staff("view_notification", "view_batch")
    assert SEND not in text(client, NOTIFICATIONS)
    assert client.get(SEND).status_code == 403
    for step in ("preview", "send"):
        answer = ask(client, step, to="group", group=crew.pk, key="k", expected="2")
        assert answer.status_code == 403
    assert not Notification.objects.exists()


def test_who_may_only_send_can(staff: Staff, crew: Group, alice: ApiUser) -> None:
    client = staff("send_notification")
    text(client, SEND)
    answer = client.post(SEND, agreed(ask(client, to="group", group=crew.pk)), follow=True)
    assert answer.redirect_chain == [("/admin/", 302)]
    assert "Sent to 2 users." in answer.content.decode()
    assert len(alice.rows()) == 1


def test_another_sites_page_cannot_send(staff: Staff, crew: Group) -> None:
    client = staff("send_notification")
    form = agreed(ask(client, to="group", group=crew.pk))
    client.handler.enforce_csrf_checks = True
    assert client.post(SEND, form).status_code == 403
    assert not Notification.objects.exists()
