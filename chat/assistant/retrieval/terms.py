"""How many passages have a word: kept up with every document, in its transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import orjson
from django.db import connection

from chat.assistant.documents.models import Term
from chat.assistant.retrieval import sql

# The row that counts all passages.
ALL = ""


def counted(passages: Iterable[str]) -> Counter[str]:
    """In how many of the passages each word stands; each is its words, with spaces between."""
    counts: Counter[str] = Counter()
    for passage in passages:
        counts.update(set(passage.split()))
        counts[ALL] += 1
    return counts


def add(counts: Mapping[str, int]) -> None:
    """Count passages in, or with negative numbers out. Last in its transaction: it locks words."""
    changed = {term: count for term, count in counts.items() if count}
    if not changed:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(sql.PG_COUNT, [list(changed), list(changed.values())])
        else:
            cursor.execute(sql.LITE_COUNT, [orjson.dumps(list(changed.items())).decode()])


def frequencies(terms: Sequence[str]) -> tuple[dict[str, int], int]:
    """In how many passages each of the terms stands, and how many passages there are."""
    rows = dict(Term.objects.filter(term__in=[*terms, ALL]).values_list("term", "chunks"))
    return {term: rows.get(term, 0) for term in terms}, rows.get(ALL, 0)
