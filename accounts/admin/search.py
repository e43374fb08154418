"""Search by name in the admin, in any normal form and case."""

import unicodedata
from collections.abc import Iterator
from functools import reduce
from operator import and_, or_
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from text.names import fold_for_search

# Longer than any name or other search term.
_TERM_CHARS = 200
_WORDS = 8


class SpellingSearch:
    """For a `ModelAdmin`: finds values stored in another normal form or case than the search term.

    Databases compare bytes, and ignore case for ASCII at most. `folded_search_fields` hold values
    of `fold_for_search`; in `search_fields` the usual spellings of the term are tried.
    """

    model: Any
    search_fields: ClassVar[Any]
    folded_search_fields: ClassVar[tuple[str, ...]] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term[:_TERM_CHARS]
        words = [folded for word in term.split()[:_WORDS] if (folded := fold_for_search(word))]
        search: Any = super()
        if term.isascii() and not (words and self.folded_search_fields):
            found: tuple[QuerySet[Any], bool] = search.get_search_results(request, queryset, term)
            return found
        rows: QuerySet[Any] = self.model._default_manager.all()
        hits = Q()
        for each in spellings(term) if self.search_fields else ():
            hits |= Q(pk__in=search.get_search_results(request, rows, each)[0].values("pk"))
        if words and self.folded_search_fields:
            hits |= Q(pk__in=rows.filter(self._folded(words)).values("pk"))
        return queryset.filter(hits) if hits else queryset.none(), False

    def _folded(self, words: list[str]) -> Q:
        def anywhere(word: str) -> Q:
            return reduce(
                or_, (Q((f"{each}__contains", word)) for each in self.folded_search_fields)
            )

        return reduce(and_, map(anywhere, words))


def spellings(term: str) -> list[str]:
    """Return the term as typed, then its other normal forms, each in the usual cases."""
    return list(dict.fromkeys(_spellings(term)))


def _spellings(term: str) -> Iterator[str]:
    yield term
    if term.isascii():
        return
    for form in ("NFC", "NFD", "NFKC"):
        spelled = unicodedata.normalize(form, term)
        for each in (spelled, spelled.lower(), spelled.upper(), spelled.title()):
            yield unicodedata.normalize(form, each)
