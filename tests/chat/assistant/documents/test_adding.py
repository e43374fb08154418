"""Adding documents by REST: by whom, of what kind, and once."""

import base64
import io
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from accounts.models import User
from chat.assistant.documents import limits
from chat.assistant.documents.models import Chunk, Document, Term
from chat.assistant.retrieval import retrieve, terms
from tests.chat.assistant import library
from tests.chat.assistant.library import DocumentsClient, faults

LEAVE = "# Leave\n\nEveryone has 25 days.\n\n## Sick\n\nCall before nine."


def test_a_service_adds_markdown_as_json(wiki: DocumentsClient) -> None:
    answer = wiki.adds(title="Leave", content=LEAVE, content_type="text/markdown")
    assert answer.status_code == 201
    made = answer.json()
    assert isinstance(made["id"], str)
    assert (made["title"], made["content_type"], made["chunks"]) == ("Leave", "text/markdown", 2)
    assert (made["public"], made["groups"], made["status"]) == (True, [], "ready")
    row = Document.objects.get(pk=made["id"])
    assert row.added_by == "service:wiki"
    chunks = list(row.chunks.order_by("number"))
    assert [(chunk.place, chunk.text) for chunk in chunks] == [
        ("Leave", "Everyone has 25 days."),
        ("Leave › Sick", "Call before nine."),
    ]
    assert all(row.text[chunk.start : chunk.end] == chunk.text for chunk in chunks)


@pytest.mark.once
@pytest.mark.parametrize(
    ("data", "name", "kind", "title"),
    [
        (LEAVE.encode(), "handbook.md", "text/markdown", "Leave"),
        ("연차는 15일입니다.".encode(), "연차 규정.txt", "text/plain", "연차 규정"),
        (b"<title>Rules</title><p>Be kind.</p>", "rules.html", "text/html", "Rules"),
        (library.pdf("Be kind."), "rules.pdf", "application/pdf", "rules"),
        (library.pdf("Be kind.", title="Our rules"), "x", "application/pdf", "Our rules"),
    ],
)
def test_a_file_of_each_kind_is_taken_and_called_what_it_calls_itself(
    wiki: DocumentsClient, data: bytes, name: str, kind: str, title: str
) -> None:
    answer = wiki.uploads(data, name)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["content_type"], answer.json()["title"]) == (kind, title)
    assert wiki.uploads(data, name, title="Another").json()["title"] == "Another"


def test_a_pdf_in_json_comes_in_base64(wiki: DocumentsClient) -> None:
    content = base64.b64encode(library.pdf("Be kind.")).decode()
    answer = wiki.adds(title="Rules", content=content, content_type="application/pdf")
    assert answer.status_code == 201, answer.content
    wrong = wiki.adds(title="Rules", content="%PDF-1.4", content_type="application/pdf")
    assert "base64" in faults(wrong)["content"][0]


def test_short_names_of_kinds_are_known(wiki: DocumentsClient) -> None:
    answer = wiki.adds(title="Leave", content=LEAVE, content_type="markdown")
    assert answer.json()["content_type"] == "text/markdown"


def test_people_need_the_permission(editor: User, bob: User) -> None:
    assert library.signed_in(bob).adds(title="T", content="text").status_code == 403
    assert library.signed_in(editor).adds(title="T", content="text").status_code == 201
    assert Document.objects.get().added_by == f"user:{editor.pk}"


def test_services_need_the_scope(db: None) -> None:
    assert library.service("shop", "jobs:write").adds(title="T", content="x").status_code == 403
    assert library.DocumentsClient("").adds(title="T", content="x").status_code == 401


@pytest.mark.parametrize(
    ("body", "field", "why"),
    [
        ({"title": "T", "content": ""}, "content", "empty"),
        ({"title": "T", "content": "  \n"}, "content", "empty"),
        ({"title": "T"}, "content", "required"),
        ({"content": "text"}, "content", "title"),
        ({"title": "T" * 201, "content": "text"}, "title", "200"),
        ({"title": "T", "content": "x", "content_type": "image/png"}, "content_type", "image/png"),
        ({"title": "T", "content": 5, "content_type": []}, "content_type", "valid string"),
        ({"title": "T", "content": "x", "groups": ["nobody"]}, "groups", "nobody"),
    ],
)
def test_bad_input_is_told_by_its_field(
    wiki: DocumentsClient, body: dict[str, Any], field: str, why: str
) -> None:
    assert why in str(faults(wiki.adds(**body))[field])
    assert not Document.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"", "a.txt", "empty"),
        (bytes(range(128, 256)), "a.txt", "charset"),
        (b"\x00\x01", "a.md", "binary"),
        (b"PK\x03\x04", "a.docx", "ZIP"),
        (b"%PDF-1.7", "a.pdf", "broken"),
        (library.encrypted(library.pdf("x"), "secret"), "a.pdf", "encrypted"),
    ],
)
def test_a_bad_file_is_told_why(wiki: DocumentsClient, data: bytes, name: str, why: str) -> None:
    assert why in faults(wiki.uploads(data, name))["file"][0]
    assert not Document.objects.exists()


def test_a_file_field_is_needed(wiki: DocumentsClient) -> None:
    answer = wiki.http.post(library.API, {"title": "T"}, format="multipart")
    assert "file" in faults(answer)


def test_what_is_too_large_is_413(wiki: DocumentsClient) -> None:
    answer = wiki.uploads(b"x" * (limits.FILE_BYTES + 1), "a.txt")
    assert (answer.status_code, answer.json()["code"]) == (413, "MESSAGE_TOO_LARGE")
    answer = wiki.adds(title="T", content="x" * (limits.TEXT_CHARS + 1))
    assert answer.status_code == 413


def test_the_same_document_again_is_no_second_one(wiki: DocumentsClient) -> None:
    first = wiki.adds(title="Leave", content=LEAVE)
    again = wiki.adds(title="Leave", content=LEAVE)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert wiki.adds(title="Leave", content=LEAVE + " Or later.").status_code == 201
    assert library.service("other").adds(title="Leave", content=LEAVE).status_code == 201


def test_a_key_names_a_document_over_its_versions(wiki: DocumentsClient, bob: User) -> None:
    first = wiki.adds(title="Leave", content="Everyone has xylophones.", key="wiki/1")
    second = wiki.adds(title="Time off", content="Everyone has zeppelins.", key="wiki/1")
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["id"] == first.json()["id"]
    assert second.json()["title"] == "Time off"
    assert second.json()["updated_at"] > first.json()["updated_at"]
    assert not retrieve(user_id=bob.pk, question="xylophones")
    assert retrieve(user_id=bob.pk, question="zeppelins")[0].title == "Time off"
    assert_counts_are_right()


def test_access_stays_unless_it_is_said_anew(wiki: DocumentsClient, people: Group) -> None:
    def shown(**more: Any) -> tuple[bool, list[str]]:
        made = wiki.adds(title="Pay", content="Salaries", key="pay", **more).json()
        return made["public"], made["groups"]

    assert shown(groups=["people"]) == (False, ["people"])
    assert shown() == (False, ["people"])
    assert shown(groups=[]) == (True, [])


def test_words_are_counted_out_with_their_document(wiki: DocumentsClient) -> None:
    first = wiki.adds(title="Leave", content=LEAVE).json()["id"]
    wiki.adds(title="Other", content="Everyone is kind.")
    assert_counts_are_right()
    assert wiki.removes(first).status_code == 204
    assert_counts_are_right()


def assert_counts_are_right() -> None:
    counted = terms.count_terms(Chunk.objects.values_list("words", flat=True))
    kept = {row.term: row.chunks for row in Term.objects.all() if row.chunks}
    assert kept == dict(counted)


def test_documents_of_an_older_release_are_read_again(wiki: DocumentsClient) -> None:
    markdown = wiki.adds(title="M", content="## LOG_KEEP_EVENTS\n\nx", content_type="markdown")
    page = wiki.adds(title="H", content="<form><p>Be kind.</form>", content_type="text/html")
    Chunk.objects.update(place="", text="x", words="x")
    Document.objects.update(read_version=1)
    out = io.StringIO()
    call_command("reread_documents", stdout=out)

    assert Chunk.objects.get(document=markdown.json()["id"]).place == "LOG_KEEP_EVENTS"
    assert f"To be sent again: {page.json()['id']} H (service:wiki)" in out.getvalue()
    # Sent again it is read again, though it is the same file.
    wiki.adds(title="H", content="<form><p>Be kind.</form>", content_type="text/html")
    assert Chunk.objects.get(document=page.json()["id"]).text == "Be kind."
    assert not Document.objects.filter(read_version=1).exists()
    out.truncate(0)
    call_command("reread_documents", stdout=out)
    assert "To be sent again" not in out.getvalue()
