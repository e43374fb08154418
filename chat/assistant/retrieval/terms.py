"""Document frequencies: the number of passages with a word, updated with every document."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import orjson
from django.db import connection

from chat.assistant.documents.models import Term
from chat.assistant.retrieval import sql

# The row that counts all passages.
ALL = ""


def count_terms(passages: Iterable[str]) -> Counter[str]:
    """The number of passages with each word; a passage is words separated by spaces."""
    counts: Counter[str] = Counter()
    for passage in passages:
        counts.update(set(passage.split()))
        counts[ALL] += 1
    return counts


def add_counts(counts: Mapping[str, int]) -> None:
    """Add counts; negative ones subtract. Call it last in the transaction, as it locks terms."""
    changed = {term: count for term, count in counts.items() if count}
    if not changed:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(sql.POSTGRESQL_COUNT, [list(changed), list(changed.values())])
        else:
            cursor.execute(sql.SQLITE_COUNT, [orjson.dumps(list(changed.items())).decode()])


def frequencies(terms: Sequence[str]) -> tuple[dict[str, int], int]:
    """The number of passages with each term, and the number of all passages."""
    rows = dict(Term.objects.filter(term__in=[*terms, ALL]).values_list("term", "chunks"))
    return {term: rows.get(term, 0) for term in terms}, rows.get(ALL, 0)
