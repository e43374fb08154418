"""Resolves recipients to user ids."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from accounts.models import User
from accounts.users.directory import ensure_external_users
from accounts.users.names import resolve as resolve_names
from api.errors import ApiError, FieldErrors, invalid
from api.limits import MAX_ID
from notifications import limits
from notifications.sql.run import InValues
from text.names import key_of


class RecipientKind(StrEnum):
    """How recipients are named; the value is the field in the request."""

    USER_ID = "user_ids"
    EXTERNAL_ID = "external_ids"
    USERNAME = "usernames"


@dataclass(frozen=True, slots=True)
class Recipients:
    """The recipients. `field` is the name of the list in errors."""

    kind: RecipientKind
    names: Sequence[int | str]
    field: str = ""


def resolve(recipients: Recipients) -> list[int]:
    """Return the recipients' ids in the order given, without duplicates. Unknown external ids
    become users.

    Raises `ApiError` (INVALID) with other unknown recipients. Requires an open transaction.
    """
    [found] = resolve_all([recipients])
    if isinstance(found, ApiError):
        raise found
    return found


def resolve_all(lists: Sequence[Recipients]) -> list[list[int] | ApiError]:
    """Resolve several lists as `resolve` does, each to ids or its error.

    The number of statements does not depend on how many they are.
    """
    known: dict[RecipientKind, dict[int | str, int]] = {}
    for kind in sorted({recipients.kind for recipients in lists}):
        wanted = {name: None for each in lists if each.kind is kind for name in each.names}
        known[kind] = _known(kind, wanted)
        if kind is RecipientKind.EXTERNAL_ID:
            missing = [str(name) for name in wanted if name not in known[kind]]
            if missing:
                known[kind].update(ensure_external_users(external_ids=missing))
    return [_ids(recipients, known[recipients.kind]) for recipients in lists]


def _ids(recipients: Recipients, known: Mapping[int | str, int]) -> list[int] | ApiError:
    wanted = list(dict.fromkeys(recipients.names))
    unknown = [name for name in wanted if name not in known]
    if unknown:
        return invalid(_no_such(recipients.field or recipients.kind, unknown))
    # Two spellings of a username are one recipient.
    return list(dict.fromkeys(known[name] for name in wanted))


def _known(kind: RecipientKind, wanted: Iterable[int | str]) -> dict[int | str, int]:
    match kind:
        case RecipientKind.USER_ID:
            # An id beyond 64 bits belongs to nobody, and a query with it would be an error.
            column, wanted = "id", [i for i in wanted if 0 < int(i) <= MAX_ID]
        case RecipientKind.EXTERNAL_ID:
            column = "external_id"
        case RecipientKind.USERNAME:
            return _by_username([str(name) for name in wanted])
    rows = User.objects.filter(InValues(column, wanted)).values_list(column, "id")
    return dict(rows)


def _by_username(wanted: Sequence[str]) -> dict[int | str, int]:
    keys = {key_of(name) for name in wanted}
    rows = User.objects.filter(InValues("username_key", keys))
    found = resolve_names(wanted, rows.values_list("username_key", "username", "id"))
    return dict(found.items())


def _no_such(field: str, unknown: Sequence[int | str]) -> FieldErrors:
    messages = [f"No such user: {name}" for name in unknown[: limits.UNKNOWN_NAMED]]
    if more := len(unknown) - len(messages):
        messages.append(f"and {more} more")
    return {field: messages}
