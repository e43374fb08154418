"""`python -m benchmarks.retrieval.measure`: load the corpus into DATABASE_URL, measure, print JSON.

Models can be imported only after `main` has set up Django, so they are imported in functions.
"""

import json
import os
import sys
import time
from typing import Any


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from benchmarks.retrieval import LANGUAGES, questions, shelf
    from chat.assistant.documents.embedding import embed_pending
    from chat.assistant.retrieval import embeddings, retrieve

    shelf.fill()
    ways: dict[str, shelf.Search] = {"words": _words}
    if embeddings.available():
        embed_pending()
        ways |= {"meaning": _meaning, "both": _both}
    quality = {
        language: {
            way: {"recall": found.recall, "mrr": found.mrr}
            for way, search in ways.items()
            for found in [shelf.quality(search, language)]
        }
        for language in LANGUAGES
    }
    began = time.perf_counter()
    for question in questions():
        retrieve(user_id=0, question=question.text)
    taken = (time.perf_counter() - began) * 1000 / len(questions())
    figures = {"quality": quality, "sure": _sure(), "milliseconds": taken}
    json.dump(figures, sys.stdout)


def _words(question: str) -> list[int]:
    from chat.assistant.retrieval import full_text

    found = full_text.search(user_id=0, question=question, limit=10)
    return [match.chunk_id for match in found]


def _meaning(question: str) -> list[int]:
    from chat.assistant.retrieval.vectors import vectors

    return [near.chunk_id for near in vectors.search(user_id=0, question=question, limit=10)]


def _both(question: str) -> list[int]:
    from chat.assistant.retrieval import documents

    return [found.chunk_id for found in documents.rank(user_id=0, question=question, limit=10)]


def _sure() -> dict[str, Any]:
    from benchmarks.retrieval import LANGUAGES, questions
    from chat.assistant.retrieval import is_confident, retrieve

    found: dict[str, Any] = {}
    for language in LANGUAGES:
        right: dict[bool, list[bool]] = {True: [], False: []}
        for question in questions():
            if question.language == language:
                answered = bool(question.document)
                sure = is_confident(retrieve(user_id=0, question=question.text))
                right[answered].append(sure == answered)
        found[language] = {
            "answered": sum(right[True]) / len(right[True]),
            "beyond": sum(right[False]) / len(right[False]),
        }
    return found


if __name__ == "__main__":
    main()
