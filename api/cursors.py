"""Where a list goes on: behind the row with these values, whatever came or went before it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet

from api.errors import invalid

# Cursors are signed: what they hold is asked of the database as it is. Without the time of their
# making, so that a page that has not changed is answered in the same bytes.
_SALT = "api.cursors"
# A signature and a few values; what is longer is none of ours.
_MAX_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """The values of the last row that was shown, in the list's order, and the page it was on."""

    values: tuple[Any, ...]
    page: int

    def encoded(self, order: tuple[str, ...]) -> str:
        """As a parameter of a link, for a list in this order."""
        values = [
            {"at": value.isoformat()} if isinstance(value, datetime) else value
            for value in self.values
        ]
        return signing.Signer(salt=_SALT).sign_object([order, values, self.page])

    @classmethod
    def decoded(cls, text: str, order: tuple[str, ...]) -> "Cursor":
        """Raises `ApiError` (INVALID) for what was not made here, or for another list."""
        try:
            made_for, values, page = _unsigned(text[:_MAX_CHARS])
        except (signing.BadSignature, ValueError):
            made_for = None
        if made_for != list(order):
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
        # With a time, as the release before made them: lists that are open during an upgrade go on.
        return signing.loads(text, salt=_SALT)


def order_of(rows: "QuerySet[Any, Any]") -> tuple[str, ...]:
    """The columns that a list is ordered by, with a key at the end that no two rows share."""
    columns = tuple(str(column) for column in rows.query.order_by)
    keys = {"pk", "id"}
    if columns and columns[-1].lstrip("-") not in keys:
        columns = (*columns, "-pk" if columns[-1].startswith("-") else "pk")
    return columns


def values_of(row: Any, order: tuple[str, ...]) -> tuple[Any, ...]:
    """What a row has in the columns of its list's order."""
    return tuple(getattr(row, column.lstrip("-")) for column in order)


def after(rows: "QuerySet[Any, Any]", order: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """The rows that come after the one with these values, which may be there no longer."""
    condition = Q()
    for column, value in reversed(list(zip(order, values, strict=True))):
        name, than = column.lstrip("-"), "lt" if column.startswith("-") else "gt"
        beyond = Q(**{f"{name}__{than}": value})
        # The first part is what an index is read from.
        condition = Q(**{f"{name}__{than}e": value}) & (beyond | condition) if condition else beyond
    return rows.order_by(*order).filter(condition)
