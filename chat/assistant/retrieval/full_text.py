"""Search by words: the database finds candidates, one BM25 ranks them on both databases."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from chat.assistant.retrieval import bm25, sql, terms
from chat.assistant.retrieval.analyser import query_terms

# A question has ten words; a pasted page has a thousand, of which the rarest say what it is about.
TERMS_LOOKED_UP = 400
TERMS_SEARCHED = 40
# What is ranked; right answers were among the first 30 that the databases found.
CANDIDATES = 150
# How much of the score of a document's best passage its others have too.
FROM_DOCUMENT = 0.3


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that has words of the query; `sure`, from 0 to 1, says how sure it answers."""

    chunk_id: int
    score: float
    sure: float


def _weigh(question: str) -> tuple[Mapping[str, float], int]:
    """What each word of the question says, the rarest only if there are many; all passages."""
    wanted = query_terms(question)[:TERMS_LOOKED_UP]
    found, of_all = terms.frequencies(wanted)
    weights = {term: bm25.weight(found[term], of_all) for term in wanted}
    rarest = sorted(weights, key=lambda term: (-weights[term], term))[:TERMS_SEARCHED]
    return {term: weights[term] for term in rarest}, of_all


def search(*, user_id: int, question: str, limit: int) -> list[Match]:
    """The passages with words of the question that the user may read, the best first."""
    weights, of_all = _weigh(question)
    if not weights:
        return []
    found: list[tuple[int, Match]] = []
    best: dict[int, float] = {}
    for chunk_id, document_id, text in _candidates(user_id, weights):
        words = text.split()
        score = bm25.score(words, weights)
        sure = bm25.sureness(score, bm25.coverage(words, weights), of_all)
        found.append((document_id, Match(chunk_id, score, sure)))
        best[document_id] = max(best.get(document_id, 0.0), score)
    # What a document says elsewhere of the same tells that this passage is on the subject.
    found.sort(
        key=lambda entry: (-entry[1].score - FROM_DOCUMENT * best[entry[0]], entry[1].chunk_id)
    )
    return [match for _, match in found[:limit]]


def _candidates(user_id: int, weights: Mapping[str, float]) -> list[tuple[int, int, str]]:
    members = get_user_model().groups.through._meta.db_table
    # The analyser leaves letters, digits and marks: there is nothing in a word to escape.
    params: list[Any]
    if connection.vendor == "postgresql":
        statement = sql.PG_CANDIDATES
        queries = [f"'{term}'" for term in weights]
        params = [" | ".join(queries), user_id, queries, list(weights.values()), CANDIDATES]
    else:
        statement = sql.LITE_CANDIDATES
        params = [" OR ".join(f'"{term}"' for term in weights), user_id, CANDIDATES]
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("{memberships}", members), params)
        return list(cursor.fetchall())
