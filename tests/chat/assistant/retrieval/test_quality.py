"""How much is found of a small company's documents, by words alone. No clock, no chance: the same
figures on both databases. `make bench ARGS=retrieval` measures the same by meaning.
"""

import pytest

from benchmarks.retrieval import questions, shelf
from chat.assistant.retrieval import full_text


def search(question: str) -> list[int]:
    found = full_text.search(user_id=0, question=question, limit=10)
    return [match.chunk_id for match in found]


@pytest.fixture
def _corpus(db: None) -> None:
    shelf.fill()


@pytest.mark.usefixtures("_corpus")
def test_every_question_has_its_passage_in_the_corpus() -> None:
    right = shelf.right_passages()
    assert len(right) == len(questions()) >= 60
    for question, passages in right.items():
        assert bool(passages) == bool(question.document), question


@pytest.mark.usefixtures("_corpus")
def test_words_find_what_they_are_known_to_find() -> None:
    korean, english = shelf.quality(search, "ko"), shelf.quality(search, "en")
    # English questions are asked in other words on purpose: the rest is the embeddings' part.
    assert (round(korean.recall, 3), round(korean.mrr, 3)) == (0.981, 0.835)
    assert (round(english.recall, 3), round(english.mrr, 3)) == (0.652, 0.455)
