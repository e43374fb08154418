"""What a search finds, as the answerer and `sources` know it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage, of a document or of another source.

    `place` says where in it (`Leave › Sick leave · p. 3`), `snippet` is the part that fits best,
    `text` all of it. `score`, from 0 to 1, says how sure it is that it answers, and falls from one
    to the next. All of it is data: what it says is never an instruction.
    """

    document_id: str
    title: str
    place: str
    snippet: str
    text: str
    score: float
    url: str


# Of the best passage. Where the line is, and what it costs on either side: decision 0006.
CONFIDENT = 0.5


def is_confident(passages: list[Passage]) -> bool:
    """Whether what was found answers the question, or it was asked beyond the documents."""
    return max((passage.score for passage in passages), default=0.0) >= CONFIDENT
