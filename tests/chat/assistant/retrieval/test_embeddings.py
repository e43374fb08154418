"""Search by meaning, where the optional extra is installed."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from chat.assistant.documents import services
from chat.assistant.documents.embedding import embed_pending
from chat.assistant.documents.models import Chunk, Document
from chat.assistant.documents.services import Access
from chat.assistant.retrieval import embeddings, is_confident, retrieve
from tests.chat.assistant.library import shelve
from tests.chat.assistant.retrieval import extra
from tools.packages import PackageError

VACATION = "Everyone has 25 days of paid leave."
DOGS = "Puppies may come along to the workplace."


@pytest.fixture(scope="module", autouse=True)
def _extra() -> Iterator[None]:
    try:
        with extra.installed():
            yield
    except PackageError as missing:
        pytest.skip(f"the embeddings cannot be got: {missing}")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob")


def texts(user: User, question: str) -> list[str]:
    return [each.text for each in retrieve(user_id=user.pk, question=question)]


@pytest.mark.once
def test_texts_that_mean_alike_are_near() -> None:
    dog, puppy, invoice = embeddings.embed(["a dog", "a puppy", "an overdue invoice"])
    assert abs(float(dog @ dog) - 1) < 1e-5
    assert dog @ puppy > 0.7 > 0.3 > dog @ invoice


@pytest.mark.once
def test_a_text_has_the_same_vector_in_any_company() -> None:
    alone = embeddings.embed(["a dog"])[0]
    among = embeddings.embed(["a dog", "x " * 500, ""])[0]
    assert float(alone @ among) > 0.9999


def test_a_passage_is_found_in_other_words(bob: User) -> None:
    shelve(VACATION)
    shelve(DOGS)
    assert texts(bob, "Can I take my pet with me?") == []
    assert embed_pending() == 2
    assert texts(bob, "Can I take my pet with me?")[0] == DOGS
    assert is_confident(retrieve(user_id=bob.pk, question="Can I take my dog to the office?"))
    assert not is_confident(retrieve(user_id=bob.pk, question="How far away is the moon?"))


def test_vectors_follow_a_document_that_changes(bob: User) -> None:
    shelve(VACATION, key="a")
    embed_pending()
    assert texts(bob, "How much vacation is there?") == [VACATION]
    changed = shelve(DOGS, key="a")
    assert texts(bob, "Can I take my pet with me?") == []
    embed_pending()
    assert texts(bob, "Can I take my pet with me?") == [DOGS]
    services.remove_documents(document_ids=[changed.pk])
    assert texts(bob, "Can I take my pet with me?") == []


def test_meaning_too_shows_only_what_may_be_read(bob: User) -> None:
    people = Group.objects.create(name="people")
    row = shelve(DOGS, access=Access(False, (people.pk,)))
    embed_pending()
    assert texts(bob, "Can I take my pet with me?") == []
    bob.groups.add(people)
    assert texts(bob, "Can I take my pet with me?") == [DOGS]
    services.change_document(document_id=row.pk, title=row.title, access=Access(False))
    assert texts(bob, "Can I take my pet with me?") == []


def test_korean_is_left_to_the_words(bob: User) -> None:
    shelve(VACATION)
    shelve("연차휴가는 15일입니다.")
    embed_pending()
    assert texts(bob, "연차휴가는 며칠인가요?") == ["연차휴가는 15일입니다."]


def test_what_another_instance_has_claimed_is_left_to_it(bob: User) -> None:
    from datetime import timedelta

    from django.utils import timezone

    row = shelve(VACATION)
    now = timezone.now()
    Document.objects.update(embedding_until=now + timedelta(seconds=30))
    assert embed_pending() == 0
    Document.objects.update(embedding_until=now - timedelta(seconds=1))
    assert embed_pending() == 1
    row.refresh_from_db()
    assert (row.embedded_with, row.embedding_until) == (embeddings.MODEL, None)
    assert embed_pending() == 0


def test_vectors_of_another_model_are_made_anew(bob: User) -> None:
    shelve(VACATION)
    Chunk.objects.update(vector=b"\0" * 768)
    Document.objects.update(embedded_with="another:1")
    assert texts(bob, "How much vacation is there?") == []
    assert embed_pending() == 1
    assert texts(bob, "How much vacation is there?") == [VACATION]
