"""One page of a roster: searched, filtered, newest first. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator

from realtime.cluster.roster import Listed, Roster
from text.names import fold

PER_PAGE = 100
FILTERS = ("transport", "instance")


@dataclass(frozen=True, slots=True)
class Row:
    """One connection as the page shows it."""

    connection: Listed
    since: datetime
    seen: datetime | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter, its number of matches, and the query that selects it."""

    value: str
    count: int
    query: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """The contents of the page. `filters`: (name, choices) of each."""

    search: str
    page: Page[Listed]
    rows: Sequence[Row]
    filters: Sequence[tuple[str, Sequence[Choice]]]
    kept: Sequence[tuple[str, str]]
    query: str


def show(roster: Roster, params: Mapping[str, Any]) -> Shown:
    """Build a page from the query `q`, `transport`, `instance` and `p` (from 1; invalid is 1)."""
    search = str(params.get("q", "")).strip()
    chosen = {name: str(params[name]) for name in FILTERS if params.get(name)}
    found = [one for one in roster.connections if _matches(one, search)]
    left = [
        one for one in found if all(getattr(one, name) == value for name, value in chosen.items())
    ]
    left.sort(key=lambda one: (-one.since, one.connection_id))
    page = Paginator(left, PER_PAGE).get_page(params.get("p"))
    return Shown(
        search,
        page,
        list(_rows(page)),
        [(name, list(_choices(found, name, search, chosen))) for name in FILTERS],
        list(chosen.items()),
        urlencode({**({"q": search} if search else {}), **chosen}),
    )


def _matches(one: Listed, search: str) -> bool:
    if not search:
        return True
    return fold(search) in fold(one.username) or search in (
        str(one.user_id),
        one.connection_id,
        one.instance,
    )


def _rows(connections: Iterable[Listed]) -> Iterator[Row]:
    for one in connections:
        seen = None if one.seen is None else datetime.fromtimestamp(one.seen, UTC)
        yield Row(one, datetime.fromtimestamp(one.since, UTC), seen)


def _choices(
    found: Sequence[Listed], name: str, search: str, chosen: Mapping[str, str]
) -> Iterator[Choice]:
    others = {key: value for key, value in chosen.items() if key != name}
    among = [one for one in found if all(getattr(one, k) == v for k, v in others.items())]
    base = {**({"q": search} if search else {}), **others}
    yield Choice("", len(among), urlencode(base), name not in chosen)
    for value, count in sorted(Counter(getattr(one, name) for one in among).items()):
        yield Choice(value, count, urlencode({**base, name: value}), chosen.get(name) == value)
