"""Who reads, lists and removes documents."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from chat.assistant.documents.models import Document
from chat.assistant.documents.services import Access
from tests.chat.assistant import library
from tests.chat.assistant.library import DocumentsClient, shelve, signed_in


@pytest.fixture
def public(db: None) -> Document:
    return shelve("Everyone has 25 days.", "Leave")


@pytest.fixture
def limited(people: Group) -> Document:
    return shelve("The boss earns more.", "Pay", access=Access(False, (people.pk,)))


def test_a_public_document_is_read_with_its_text(public: Document, bob: User) -> None:
    shown = signed_in(bob).reads(public.pk).json()
    assert (shown["id"], shown["text"]) == (str(public.pk), "Everyone has 25 days.")


def test_a_limited_one_is_there_for_its_groups_only(
    limited: Document, alice: User, bob: User
) -> None:
    assert signed_in(alice).reads(limited.pk).json()["groups"] == ["people"]
    hidden, missing = signed_in(bob).reads(limited.pk), signed_in(bob).reads(10**6)
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.json() == missing.json()
    assert signed_in(bob).reads(10**30).status_code == 404


def test_one_without_any_group_is_nobodys(db: None, alice: User) -> None:
    row = shelve("Secret", access=Access(False))
    assert signed_in(alice).reads(row.pk).status_code == 404


def test_the_list_has_what_the_caller_may_read(
    public: Document, limited: Document, alice: User, bob: User
) -> None:
    def titles(client: DocumentsClient) -> list[str]:
        return [row["title"] for row in client.lists().json()["results"]]

    assert titles(signed_in(alice)) == ["Pay", "Leave"]
    assert titles(signed_in(bob)) == ["Leave"]
    assert titles(library.service("wiki")) == ["Pay", "Leave"]
    assert titles(library.service("other")) == []
    page = signed_in(alice).lists(size=1).json()
    assert (len(page["results"]), page["previous"]) == (1, None)
    assert page["next"]
    assert "text" not in page["results"][0]


def test_a_service_removes_its_own_and_people_with_the_permission_any(
    public: Document, limited: Document, editor: User, bob: User
) -> None:
    assert library.service("other").removes(public.pk).status_code == 404
    assert signed_in(bob).removes(public.pk).status_code == 403
    assert signed_in(editor).removes(public.pk).status_code == 204
    assert library.service("wiki").removes(limited.pk).status_code == 204
    assert not Document.objects.exists()


def test_the_list_asks_no_more_for_more_documents(
    db: None, bob: User, django_assert_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in(bob)
    asked = []
    for number in range(2):
        for more in range(1 + 9 * number):
            shelve(f"Text {number} {more}", f"{number} {more}")
        client.lists()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.lists()
        asked.append(len(queries))
    assert asked[0] == asked[1]
