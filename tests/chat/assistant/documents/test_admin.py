"""The admin: documents are uploaded, looked at, shared and deleted; nothing of them is markup."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from chat.assistant.documents.models import Chunk, Document, Term
from chat.assistant.retrieval import retrieve
from tests.chat.assistant import library
from tests.chat.assistant.library import shelve

LIST = "/admin/chat/document/"
ATTACK = "<script>alert(1)</script>"


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def upload(admin: Client, data: bytes, name: str, **fields: Any) -> Any:
    kind = "image/png" if name.endswith(".png") else "application/octet-stream"
    file = SimpleUploadedFile(name, data, kind)
    return admin.post(f"{LIST}add/", {"file": file, "title": "", "public": "on", **fields})


def test_a_file_is_uploaded_and_its_passages_are_shown(admin: Client) -> None:
    answer = upload(admin, b"# Leave\n\nEveryone has 25 days.", "leave.md")
    assert answer.status_code == 302, answer.content.decode()
    row = Document.objects.get()
    assert (row.title, row.public, row.chunks.count()) == ("Leave", True, 1)
    page = admin.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "Everyone has 25 days." in page
    assert "chat/documents.js" in page
    assert "<progress" in page


def test_text_is_typed_in(admin: Client) -> None:
    answer = admin.post(f"{LIST}add/", {"content": "Be kind.", "title": "Rules", "public": "on"})
    assert answer.status_code == 302, answer.content.decode()
    assert Document.objects.get().text == "Be kind."


@pytest.mark.once
@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"%PDF-1.7", "a.pdf", "broken"),
        (library.encrypted(library.pdf("x"), "secret"), "a.pdf", "encrypted"),
        (bytes(range(128, 256)), "a.txt", "charset"),
        (b"x", "a.png", "Expected Markdown"),
    ],
)
def test_what_is_wrong_stands_beside_the_field(
    admin: Client, data: bytes, name: str, why: str
) -> None:
    page = upload(admin, data, name)
    assert page.status_code == 200
    assert why in page.content.decode()
    assert not Document.objects.exists()


def test_a_file_or_a_text_is_needed_and_not_both(admin: Client) -> None:
    for more in ({}, {"file": SimpleUploadedFile("a.txt", b"x"), "content": "y"}):
        page = admin.post(f"{LIST}add/", {"title": "T", **more})
        assert "Choose a file" in page.content.decode()


def test_the_same_file_twice_is_one_document(admin: Client) -> None:
    for _ in range(2):
        assert upload(admin, b"Be kind.", "rules.txt").status_code == 302
    assert Document.objects.count() == 1


def test_nothing_of_a_document_is_markup(admin: Client) -> None:
    upload(admin, f"# {ATTACK}\n\n{ATTACK}".encode(), "x.md", title=ATTACK)
    row = Document.objects.get()
    assert ATTACK in row.chunks.get().text
    for path in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/delete/"):
        page = admin.get(path).content.decode()
        assert ATTACK not in page
        assert "&lt;script&gt;alert(1)" in page


def test_a_document_is_renamed_and_limited_to_a_group(
    admin: Client, people: Group, bob: User, alice: User
) -> None:
    row = shelve("Everyone has 25 days.", "Leave")
    answer = admin.post(f"{LIST}{row.pk}/change/", {"title": "Xylophones", "groups": [people.pk]})
    assert answer.status_code == 302, answer.content.decode()
    row.refresh_from_db()
    assert (row.title, row.public, row.revision) == ("Xylophones", False, 2)
    assert retrieve(user_id=alice.pk, question="xylophones")
    assert not retrieve(user_id=bob.pk, question="xylophones")


def test_deleting_takes_the_passages_and_the_words_along(admin: Client) -> None:
    first, second = shelve("One day.", "One"), shelve("Two days.", "Two")
    admin.post(f"{LIST}{first.pk}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"}
    admin.post(LIST, chosen)
    assert not Document.objects.exists()
    assert not Chunk.objects.exists()
    assert not Term.objects.exclude(chunks=0).exists()


def test_the_page_is_told_how_far_it_is(admin: Client) -> None:
    row = shelve("Everyone has 25 days.")
    state = admin.get(f"{LIST}{row.pk}/progress/").json()
    assert state == {"id": row.pk, "chunks": 1, "embedded": 0, "ready": True}
    assert admin.get(f"{LIST}999999/progress/").status_code == 404


def test_staff_without_the_permission_see_nothing(db: None) -> None:
    row = shelve("Everyone has 25 days.")
    client = Client()
    client.force_login(User.objects.create_user("staff", is_staff=True))
    for path in (LIST, f"{LIST}add/", f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/delete/"):
        assert client.get(path).status_code == 403
    assert client.get(f"{LIST}{row.pk}/progress/").status_code in (403, 404)


def test_staff_who_may_only_look_change_nothing(db: None) -> None:
    from django.contrib.auth.models import Permission

    row = shelve("Everyone has 25 days.", "Leave")
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_document"))
    client = Client()
    client.force_login(user)
    assert "25 days" in client.get(f"{LIST}{row.pk}/change/").content.decode()
    assert client.post(f"{LIST}{row.pk}/change/", {"title": "Forged"}).status_code == 403
    assert client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Document.objects.get().title == "Leave"
