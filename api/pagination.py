"""Lists that stay flat: `{results, next, previous}`, no total, one row fetched beyond the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from typing_extensions import override

from api import case
from api.errors import invalid

if TYPE_CHECKING:  # DRF's views import this class by name, from the settings
    from rest_framework.views import APIView

PAGE_SIZE = 20
MAX_PAGE_SIZE = 100  # what one answer may cost; a larger wish is cut to it, not refused
# Beyond any list there will ever be, within what both databases take as an OFFSET.
_FARTHEST = 2**62

_Row = TypeVar("_Row")
_Model = TypeVar("_Model", bound=Model)


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list that was asked for: `page` from `first`, `size` rows."""

    page: int
    size: int
    first: int = 1

    @property
    def offset(self) -> int:
        """How many rows come before it."""
        return min((self.page - self.first) * self.size, _FARTHEST)

    @classmethod
    def of(cls, request: Request) -> "Window":
        """Read `page` and `size`. Raises `ApiError` (INVALID) on what is no page, and no size."""
        first = first_page(camel=case.is_camel(request))
        page = _whole(request, "page", default=first, least=first)
        size = min(_whole(request, "size", default=PAGE_SIZE, least=1), MAX_PAGE_SIZE)
        return cls(page, size, first)


def first_page(*, camel: bool) -> int:
    """What the first page is called: clients that name fields in camelCase count from 0."""
    return 0 if camel else 1


class FlatPagination(BasePagination):
    """`?page=&size=`. Works on querysets and on any sequence."""

    @override
    def paginate_queryset(
        self,
        queryset: QuerySet[_Model, _Row] | Sequence[_Row],
        request: Request,
        view: "APIView | None" = None,
    ) -> list[_Row]:
        self.request = request
        self.window = Window.of(request)
        start = self.window.offset
        rows = list(queryset[start : start + self.window.size + 1])
        self.has_next = len(rows) > self.window.size
        return rows[: self.window.size]

    @override
    def get_paginated_response(self, data: Any) -> Response:
        page = self.window.page
        return Response(
            {
                "results": data,
                "next": self._link(page + 1) if self.has_next else None,
                "previous": self._link(page - 1) if page > self.window.first else None,
            }
        )

    def _link(self, page: int) -> str:
        return replace_query_param(self.request.build_absolute_uri(), "page", page)

    @override
    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        def link(page: int) -> dict[str, Any]:
            example = f"https://notify.example.com/api/v1/things?page={page}"
            return {"type": "string", "format": "uri", "nullable": True, "example": example}

        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": link(3), "previous": link(1)},
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


def _whole(request: Request, name: str, *, default: int, least: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    # int() would also take "1_000", " 7 " and other scripts' digits; 4,300 is its own limit.
    if not (text.isascii() and text.isdigit() and len(text) <= 4300 and int(text) >= least):
        raise invalid({name: [f"Expected a whole number from {least}."]})
    return int(text)
