"""A small company's documents in English and Korean, and questions with the passages that answer.

The questions were written as people ask, mostly in other words than the documents use. Those
without a document ask for what none of them says.
"""

import json
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
DOCUMENTS = _HERE / "documents"
LANGUAGES = {"en": "English", "ko": "Korean"}


@dataclass(frozen=True, slots=True)
class Question:
    """`passage` is the part of `document` that answers the question; "" if no document does."""

    language: str
    text: str
    document: str
    passage: str


def questions() -> list[Question]:
    """Return all questions, in a fixed order."""
    lines = (_HERE / "questions.jsonl").read_text().splitlines()
    return [
        Question(
            language=found["language"],
            text=found["question"],
            document=found["document"] or "",
            passage=found["passage"] or "",
        )
        for found in map(json.loads, lines)
    ]
