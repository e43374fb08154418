"""The same and different documents, added, changed and removed at once."""

from collections.abc import Callable
from typing import Any

from chat.assistant.documents import services
from chat.assistant.documents.models import Chunk, Document, Term
from chat.assistant.retrieval import terms
from tests.chat.assistant.library import shelve

AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]
LONG = "\n\n".join(f"# Part {n}\n\nEveryone has {n} days of leave." for n in range(30))


def assert_counts_are_right() -> None:
    counted = terms.count_terms(Chunk.objects.values_list("words", flat=True))
    assert {row.term: row.chunks for row in Term.objects.exclude(chunks=0)} == dict(counted)


def test_the_same_document_sent_many_times_at_once_is_one(at_once: AtOnce) -> None:
    found = at_once([lambda: shelve(LONG, "Leave")] * 6)
    assert len({row.pk for row in found}) == 1
    assert Chunk.objects.count() == 30
    assert_counts_are_right()


def test_versions_sent_at_once_leave_one_of_them_whole(at_once: AtOnce) -> None:
    def version(number: int) -> Callable[[], Any]:
        return lambda: shelve(f"{LONG}\n\n# Version\n\n{number}", "Leave", key="leave")

    at_once([version(number) for number in range(6)])
    row = Document.objects.get()
    chunks = list(row.chunks.order_by("number"))
    assert [chunk.text for chunk in chunks] == [row.text[each.start : each.end] for each in chunks]
    assert_counts_are_right()


def test_many_documents_with_the_same_words_come_and_go_at_once(at_once: AtOnce) -> None:
    old = [shelve(f"{LONG} {number}", f"Old {number}").pk for number in range(4)]
    pieces: list[Callable[[], Any]] = []
    for number, pk in enumerate(old):
        pieces.append(lambda number=number: shelve(f"{LONG} {number}", f"New {number}"))  # type: ignore[misc]
        pieces.append(lambda pk=pk: services.remove_documents(document_ids=[pk]))  # type: ignore[misc]
    at_once(pieces)
    assert sorted(Document.objects.values_list("title", flat=True)) == [
        f"New {number}" for number in range(4)
    ]
    assert_counts_are_right()
