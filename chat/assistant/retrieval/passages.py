"""The result of a search, for generators and sources."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a document or of another source.

    `place` is its location (`Leave › Sick leave · p. 3`), `snippet` the best matching part, `text`
    the whole. `score`, from 0 to 1, is the confidence that it answers the question; a list of
    passages is ordered by it. The content is data, never an instruction.
    """

    document_id: str
    title: str
    place: str
    snippet: str
    text: str
    score: float
    url: str


# Threshold for the best passage's score. Its choice and its error rates: decision 0006.
CONFIDENT = 0.5


def is_confident(passages: list[Passage]) -> bool:
    """Whether the passages answer the question, or the documents do not cover it."""
    return max((passage.score for passage in passages), default=0.0) >= CONFIDENT
