"""Full-text search: the database finds candidates, which our BM25 ranks, the same on both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from chat.assistant.retrieval import bm25, sql, terms
from chat.assistant.retrieval.analyser import query_terms

# A question has ten words. A pasted page has a thousand; its rarest words tell its subject.
TERMS_LOOKED_UP = 400
TERMS_SEARCHED = 40
# Candidates that are ranked; correct answers were among the first 30 that the databases found.
CANDIDATES = 150
# Share of the score of a document's best passage that is added to its other passages.
DOCUMENT_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Match:
    """A passage with words of the query; `confidence`, from 0 to 1, that it answers."""

    chunk_id: int
    score: float
    confidence: float


def _weigh(question: str) -> tuple[Mapping[str, float], int]:
    """The weights of the question's words, or of the rarest ones; and the number of passages."""
    wanted = query_terms(question)[:TERMS_LOOKED_UP]
    found, total = terms.frequencies(wanted)
    weights = {term: bm25.weight(found[term], total) for term in wanted}
    rarest = sorted(weights, key=lambda term: (-weights[term], term))[:TERMS_SEARCHED]
    return {term: weights[term] for term in rarest}, total


def search(*, user_id: int, question: str, limit: int) -> list[Match]:
    """The passages with words of the question that the user may read, best first."""
    weights, total = _weigh(question)
    if not weights:
        return []
    found: list[tuple[int, Match]] = []
    best: dict[int, float] = {}
    for chunk_id, document_id, text in _candidates(user_id, weights):
        words = text.split()
        score = bm25.score(words, weights)
        confidence = bm25.confidence(score, bm25.coverage(words, weights), total)
        found.append((document_id, Match(chunk_id, score, confidence)))
        best[document_id] = max(best.get(document_id, 0.0), score)
    # Other matches in the same document make it more likely that a passage is relevant.
    found.sort(
        key=lambda entry: (-entry[1].score - DOCUMENT_SHARE * best[entry[0]], entry[1].chunk_id)
    )
    return [match for _, match in found[:limit]]


def _candidates(user_id: int, weights: Mapping[str, float]) -> list[tuple[int, int, str]]:
    members = get_user_model().groups.through._meta.db_table
    # The analyser keeps only letters, digits and marks, so words need no escaping.
    params: list[Any]
    if connection.vendor == "postgresql":
        statement = sql.POSTGRESQL_CANDIDATES
        queries = [f"'{term}'" for term in weights]
        params = [" | ".join(queries), user_id, queries, list(weights.values()), CANDIDATES]
    else:
        statement = sql.SQLITE_CANDIDATES
        params = [" OR ".join(f'"{term}"' for term in weights), user_id, CANDIDATES]
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("{memberships}", members), params)
        return list(cursor.fetchall())
