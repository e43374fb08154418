"""Search by words on both databases: who is given what, in what order, whatever is asked."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from chat.assistant.documents import services
from chat.assistant.documents.models import Chunk, Document, Term
from chat.assistant.documents.services import Access
from chat.assistant.retrieval import full_text, is_confident, retrieve, terms
from tests.chat.assistant.library import shelve

HANDBOOK = """# Leave

Everyone has 25 days of annual leave.

## Sick leave

Call your lead before nine. From the fourth day a doctor's note is required.

## 연차휴가

입사 1년이 지나면 15일의 연차휴가가 생깁니다.
"""
HOSTILE = [
    "",
    " ",
    "\x00",
    "leave\x00day",
    "\ud800 leave",
    "?!;'\"\\",
    "leave' OR 1=1; --",
    '"leave" AND NOT (day* NEAR/2 -x) ^ {a b} : c',
    "leave & | ! <-> day:*",
    "'; DROP TABLE chat_chunk; --",
    "%s %(x)s {memberships}",
    "x" * 10_000,
    "연차 " * 5_000,
    " ".join(str(number) for number in range(10_000)),
    "()" * 5_000,
    "\n".join("*" * n for n in range(100)),
    "ﷺ" * 3_000,
    "🏖️👩‍👩‍👧",
    "SELECT leave -- \u2028 \u202e",
]


@pytest.fixture
def people(db: None) -> Group:
    return Group.objects.create(name="people")


@pytest.fixture
def alice(people: Group) -> User:
    user = User.objects.create_user("alice")
    user.groups.add(people)
    return user


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob")


@pytest.fixture
def handbook(db: None) -> Document:
    return shelve(HANDBOOK, "Handbook")


def texts(user: User, question: str, limit: int = 5) -> list[str]:
    return [each.text for each in retrieve(user_id=user.pk, question=question, limit=limit)]


def test_a_passage_comes_with_its_place_and_the_way_to_its_document(
    handbook: Document, bob: User
) -> None:
    (found, *_) = retrieve(user_id=bob.pk, question="When do I need a doctor's note?")
    assert (found.document_id, found.title) == (str(handbook.pk), "Handbook")
    assert found.place == "Leave › Sick leave"
    assert found.text == found.snippet
    assert found.text.startswith("Call your lead")
    assert found.url == f"/api/v1/chat/documents/{handbook.pk}"
    assert 0 < found.score <= 1


@pytest.mark.parametrize(
    "question", ["연차휴가는 며칠인가요?", "연차는요", "1년 지난 사람의 휴가", "연차휴가가"]
)
def test_korean_is_found_whatever_ending_it_has(
    handbook: Document, bob: User, question: str
) -> None:
    assert texts(bob, question)[0].startswith("입사 1년이")


def test_what_is_limited_to_a_group_is_found_by_its_members_only(
    people: Group, alice: User, bob: User
) -> None:
    row = shelve("The zeppelin is for the people team.", access=Access(False, (people.pk,)))
    assert texts(alice, "zeppelin") == ["The zeppelin is for the people team."]
    assert texts(bob, "zeppelin") == []
    services.change_document(document_id=row.pk, title="Z", access=Access(False))
    assert texts(alice, "zeppelin") == []
    services.change_document(document_id=row.pk, title="Z", access=Access(True))
    assert texts(bob, "zeppelin") == ["The zeppelin is for the people team."]


def test_many_hidden_passages_do_not_push_out_what_may_be_read(people: Group, bob: User) -> None:
    hidden = "\n\n".join(f"# {n}\n\nzeppelin zeppelin zeppelin" for n in range(200))
    shelve(hidden, access=Access(False, (people.pk,)))
    shelve("One zeppelin.")
    assert texts(bob, "zeppelin") == ["One zeppelin."]


def test_rare_words_count_more_than_common_ones(db: None, bob: User) -> None:
    for number in range(20):
        shelve(f"The report number {number} of the office.", f"Report {number}")
    shelve("The zeppelin.", "Z")
    assert texts(bob, "report of the zeppelin", limit=1) == ["The zeppelin."]


def test_scores_fall_and_the_limit_holds(handbook: Document, bob: User) -> None:
    found = retrieve(user_id=bob.pk, question="sick leave days", limit=2)
    assert len(found) == 2
    assert found[0].score >= found[1].score > 0


def test_it_knows_when_it_was_asked_beyond_the_documents(handbook: Document, bob: User) -> None:
    def sure(question: str) -> bool:
        return is_confident(retrieve(user_id=bob.pk, question=question))

    assert sure("How many days of annual leave does everyone have?")
    assert sure("연차휴가는 며칠 생기나요?")
    assert not sure("Who won the world cup of football on that day?")
    assert not sure("김치찌개는 어떻게 끓이나요?")
    assert not sure("")


def test_nothing_is_found_where_there_is_nothing(bob: User) -> None:
    assert retrieve(user_id=bob.pk, question="leave") == []
    assert not is_confident([])


@pytest.mark.parametrize("question", HOSTILE)
def test_no_question_makes_it_raise(handbook: Document, bob: User, question: str) -> None:
    for found in retrieve(user_id=bob.pk, question=question):
        assert 0 <= found.score <= 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(question=st.text())
def test_no_text_at_all_makes_it_raise(handbook: Document, bob: User, question: str) -> None:
    retrieve(user_id=bob.pk, question=f"{question} leave")


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.replace("\x00", "").strip()])
def test_any_text_can_be_kept_and_its_words_found(db: None, bob: User, text: str) -> None:
    text = text.replace("\x00", "").encode("utf-8", "replace").decode()
    shelve(f"{text}\n\nzeppelin")
    assert any("zeppelin" in found for found in texts(bob, "zeppelin"))


def test_the_index_follows_whatever_happens_to_a_passage(handbook: Document, bob: User) -> None:
    chunk = Chunk.objects.order_by("number")[0]
    # Past the services, as a migration would.
    Chunk.objects.filter(pk=chunk.pk).update(words="zeppelin")
    assert len(full_text.search(user_id=bob.pk, question="zeppelin", limit=5)) == 1
    chunk.delete()
    assert full_text.search(user_id=bob.pk, question="zeppelin", limit=5) == []


def test_documents_are_indexed_anew(handbook: Document, bob: User) -> None:
    Chunk.objects.update(words="gone")
    Term.objects.update(chunks=0)
    terms.add_counts(terms.count_terms(Chunk.objects.values_list("words", flat=True)))
    assert texts(bob, "annual leave") == []
    assert services.reindex_documents() == 1
    assert texts(bob, "annual leave")
    counted = terms.count_terms(Chunk.objects.values_list("words", flat=True))
    assert {row.term: row.chunks for row in Term.objects.exclude(chunks=0)} == dict(counted)


def test_a_search_takes_the_same_few_statements_whatever_is_asked(
    handbook: Document, bob: User, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(4):
        retrieve(user_id=bob.pk, question="leave " + " ".join(f"word{n}" for n in range(500)))
