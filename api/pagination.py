"""Pages of lists: `{results, next, previous}`, without a total; one row beyond the page is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from typing_extensions import override

from api import case, cursors
from api.cursors import Cursor
from api.errors import invalid

if TYPE_CHECKING:  # DRF's views import this class by name, from the settings
    from rest_framework.views import APIView

PAGE_SIZE = 20
MAX_PAGE_SIZE = 100  # limits the cost of a response; a larger `size` is reduced, not refused
# Beyond any list, and within the largest OFFSET of both databases.
_MAX_OFFSET = 2**62

_Row = TypeVar("_Row")
_Model = TypeVar("_Model", bound=Model)


@dataclass(frozen=True, slots=True)
class Window:
    """The requested part of a list: `page`, counted from `first`, of `size` rows."""

    page: int
    size: int
    first: int = 1

    @property
    def offset(self) -> int:
        """Return the number of rows before the page."""
        return min((self.page - self.first) * self.size, _MAX_OFFSET)

    @classmethod
    def of(cls, request: Request) -> "Window":
        """Read `page` and `size` of the query. Raises `ApiError` (INVALID) for invalid numbers."""
        first = first_page(camel=case.is_camel(request))
        page = _whole_number(request, "page", default=first, minimum=first)
        size = min(_whole_number(request, "size", default=PAGE_SIZE, minimum=1), MAX_PAGE_SIZE)
        return cls(page, size, first)


def first_page(*, camel: bool) -> int:
    """Return the first page's number: clients with camelCase fields count from 0."""
    return 0 if camel else 1


class KeysetList(Protocol):
    """A list other than a queryset that can be read after a row's values."""

    order: tuple[str, ...]

    def read(
        self, *, offset: int, limit: int, after: tuple[Any, ...] | None
    ) -> tuple[list[Any], tuple[Any, ...] | None]:
        """Return rows, and the values of the last one if more rows follow."""


class PagePagination(BasePagination):
    """`?page=&size=`, and `?cursor=` of the `next` link, for querysets and any sequence.

    `next` refers to the last row shown rather than to a number of rows, so rows that are inserted
    or deleted meanwhile cause neither repeats nor gaps. For a sequence it is the number of the
    page.
    """

    @override
    def paginate_queryset(
        self,
        queryset: QuerySet[_Model, _Row] | Sequence[_Row],
        request: Request,
        view: "APIView | None" = None,
    ) -> list[_Row]:
        self.request = request
        self.window = Window.of(request)
        self.page = self.window.page
        self.next: str | None = None
        size = self.window.size
        source: Any = queryset
        order: tuple[str, ...] = getattr(source, "order", ())
        if isinstance(queryset, QuerySet):
            order = cursors.order_of(queryset)
        text = request.query_params.get("cursor")
        cursor = Cursor.decoded(text, order) if text is not None else None
        if cursor is not None:
            self.page = cursor.page + 1
        if not order:
            start = self.window.offset
            rows = list(source[start : start + size + 1])
            self.next = self._link("page", self.page + 1) if len(rows) > size else None
            return rows[:size]
        offset = 0 if cursor is not None else self.window.offset
        values = cursor.values if cursor is not None else None
        read = _read if isinstance(queryset, QuerySet) else _read_keyset
        rows, last = read(source, order, offset, size, values)
        if last is not None:
            self.next = self._link("cursor", Cursor(last, self.page).encoded(order))
        return rows

    @override
    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "results": data,
                "next": self.next,
                "previous": self._link("page", self.page - 1)
                if self.page > self.window.first
                else None,
            }
        )

    def _link(self, name: str, value: str | int) -> str:
        other = "cursor" if name == "page" else "page"
        here = remove_query_param(self.request.build_absolute_uri(), other)
        return replace_query_param(here, name, value)

    @override
    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        def link(query: str, description: str) -> dict[str, Any]:
            return {
                "type": "string",
                "format": "uri",
                "nullable": True,
                "description": description,
                "example": f"https://notify.example.com/api/v1/things?{query}",
            }

        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {
                "results": schema,
                "next": link(
                    "cursor=WyJjcmVhdGVkX2F0Il0",
                    "What follows the last of these, whatever was added or deleted meanwhile. Take "
                    "it as it is.",
                ),
                "previous": link("page=1", "The page before, by its number."),
            },
        }

    @override
    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": description,
                "schema": {"type": "integer", "minimum": 1, "default": default},
            }
            for name, description, default in (
                ("page", "The page, from 1.", 1),
                ("size", f"Rows per page; above {MAX_PAGE_SIZE} is taken as that.", PAGE_SIZE),
            )
        ]


def _read(
    rows: "QuerySet[Any, Any]",
    order: tuple[str, ...],
    offset: int,
    size: int,
    values: tuple[Any, ...] | None,
) -> tuple[list[Any], tuple[Any, ...] | None]:
    rows = rows.order_by(*order) if values is None else cursors.after(rows, order, values)
    found = list(rows[offset : offset + size + 1])
    more = len(found) > size
    return found[:size], cursors.values_of(found[size - 1], order) if more else None


def _read_keyset(
    rows: KeysetList,
    order: tuple[str, ...],
    offset: int,
    size: int,
    values: tuple[Any, ...] | None,
) -> tuple[list[Any], tuple[Any, ...] | None]:
    return rows.read(offset=offset, limit=size, after=values)


def _whole_number(request: Request, name: str, *, default: int, minimum: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    # int() would also accept "1_000", " 7 " and digits of other scripts; 4,300 digits is its own
    # limit.
    if not (text.isascii() and text.isdigit() and len(text) <= 4300 and int(text) >= minimum):
        raise invalid({name: [f"Expected a whole number from {minimum}."]})
    return int(text)
