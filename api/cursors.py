"""Keyset cursors: a list continues after a row's values, whatever was inserted or deleted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet

from api.errors import invalid

# Cursors are signed, as their values go into a query. Without a timestamp, so that an unchanged
# page has the same bytes each time.
_SALT = "api.cursors"
# Longest cursor: a signature and a few values.
_MAX_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """The values of the last row shown, in the columns of the list's order, and its page's
    number.
    """

    values: tuple[Any, ...]
    page: int

    def encoded(self, order: tuple[str, ...]) -> str:
        """Return the cursor as a query parameter, for a list in this order."""
        values = [
            {"at": value.isoformat()} if isinstance(value, datetime) else value
            for value in self.values
        ]
        return signing.Signer(salt=_SALT).sign_object([order, values, self.page])

    @classmethod
    def decoded(cls, text: str, order: tuple[str, ...]) -> "Cursor":
        """Decode a cursor. Raises `ApiError` (INVALID) if it is forged or belongs to
        another list.
        """
        try:
            cursor_order, values, page = _unsigned(text[:_MAX_CHARS])
        except (signing.BadSignature, ValueError):
            cursor_order = None
        if cursor_order != list(order):
            raise invalid({"cursor": ["Expected the cursor of a `next` link of this list."]})
        return cls(
            tuple(
                datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value
                for value in values
            ),
            page,
        )


def _unsigned(text: str) -> Any:
    try:
        return signing.Signer(salt=_SALT).unsign_object(text)
    except (signing.BadSignature, ValueError):
        # The previous release signed with a timestamp; lists that are open during an upgrade
        # continue.
        return signing.loads(text, salt=_SALT)


def order_of(rows: "QuerySet[Any, Any]") -> tuple[str, ...]:
    """Return the columns of the list's order, with a unique key at the end."""
    columns = tuple(str(column) for column in rows.query.order_by)
    keys = {"pk", "id"}
    if columns and columns[-1].lstrip("-") not in keys:
        columns = (*columns, "-pk" if columns[-1].startswith("-") else "pk")
    return columns


def values_of(row: Any, order: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the row's values in the columns of its list's order."""
    return tuple(getattr(row, column.lstrip("-")) for column in order)


def after(rows: "QuerySet[Any, Any]", order: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """Return the rows after these values; a row with them need not exist any more."""
    condition = Q()
    for column, value in reversed(list(zip(order, values, strict=True))):
        name, than = column.lstrip("-"), "lt" if column.startswith("-") else "gt"
        beyond = Q(**{f"{name}__{than}": value})
        # This redundant first part lets the database start from the index.
        condition = Q(**{f"{name}__{than}e": value}) & (beyond | condition) if condition else beyond
    return rows.order_by(*order).filter(condition)
