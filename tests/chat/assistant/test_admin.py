"""The admin: conversations only for those with the permission, and looking is logged."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from chat.assistant.generators.base import Usage
from chat.assistant.models import Status
from tests.chat.assistant.people import ApiUser, asks, writes

pytestmark = pytest.mark.usefixtures("at_work")
ADMIN = "/admin/chat"


def staff(*permissions: str) -> Client:
    user = User.objects.create_user(f"staff-{'-'.join(permissions)}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_who_looks_at_a_conversation_is_written_down_before_they_see_it(alice: ApiUser) -> None:
    answer = asks(alice, "Am I to be dismissed?")
    writes(answer, "Nobody says so.", Status.COMPLETE)
    auditor = staff("view_conversation")
    listed = auditor.get(f"{ADMIN}/conversation/")
    assert listed.status_code == 200
    assert b"dismissed" not in listed.content
    assert not LogEntry.objects.exists()
    page = auditor.get(f"{ADMIN}/conversation/{answer.conversation_id}/change/")
    assert page.status_code == 200
    assert b"Nobody says so." in page.content
    [entry] = LogEntry.objects.all()
    assert (entry.object_id, entry.user.username) == (
        str(answer.conversation_id),
        "staff-view_conversation",
    )
    assert "Read the conversation" in entry.get_change_message()


def test_without_the_permission_nothing_is_shown(alice: ApiUser) -> None:
    answer = asks(alice, "A secret?")
    other = staff("view_answerfigures", "view_room")
    for path in ("conversation/", f"conversation/{answer.conversation_id}/change/"):
        assert other.get(f"{ADMIN}/{path}").status_code == 403
    assert not LogEntry.objects.exists()


def test_nobody_changes_or_deletes_what_was_said(alice: ApiUser) -> None:
    answer = asks(alice)
    names = ("view_conversation", "change_conversation", "delete_conversation")
    auditor = staff(*names, "add_conversation")
    path = f"{ADMIN}/conversation/{answer.conversation_id}"
    assert auditor.post(f"{path}/change/", {"title": "x"}).status_code == 403
    assert auditor.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    assert auditor.get(f"{ADMIN}/conversation/add/").status_code == 403


def test_the_figures_show_what_answers_cost_and_nothing_that_was_said(alice: ApiUser) -> None:
    answer = asks(alice, "A secret?")
    writes(answer, "A secret.", Status.COMPLETE, usage=Usage(1_234, 77))
    alice.does(f"/chat/messages/{answer.pk}/feedback", rating="up", comment="A secret!")
    writes(asks(alice), "", Status.FAILED, code="MODEL_ERROR", fault="Why")
    page = staff("view_answerfigures").get(f"{ADMIN}/answerfigures/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "1234" in text
    assert "77" in text
    assert "<td>up</td>" in text
    assert "secret" not in text
    assert staff("view_conversation").get(f"{ADMIN}/answerfigures/").status_code == 403
