"""Finds users by name, in any normal form and case.

A name is looked up by its key (`text.names.key_of`), which is unique among users created by this
release. Users of earlier releases with the same key (`shares_name`) are found by the exact stored
spelling only: a spelling that matches several finds nobody.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Count, QuerySet

from text.mentions import NAME_CHARS
from text.names import fold_for_search, key_of, normalize

if TYPE_CHECKING:
    from accounts.models import User

_Value = TypeVar("_Value")
# Users read and written at once.
_ROWS = 1_000


def find_user(name: str) -> "User | None":
    """Return the user of a name; None if unknown, or if it matches several in other spellings."""
    # `accounts.models` imports this module.
    from accounts.models import User

    rows = User.objects.filter(username_key=key_of(name))
    if user := choose(name, [(user.username, user) for user in rows]):
        return user
    # Inserted by an earlier release, or by hand, since `settle_new` last ran.
    return User.objects.filter(username_key="", username__in={name, normalize(name)}).first()


def resolve(names: Iterable[str], rows: Iterable[tuple[str, str, _Value]]) -> dict[str, _Value]:
    """Return `{name: value}` of the names found in rows of `(username_key, username, value)`."""
    by_key: dict[str, list[tuple[str, _Value]]] = {}
    for key, username, value in rows:
        by_key.setdefault(key, []).append((username, value))
    found: dict[str, _Value] = {}
    for name in names:
        meant = choose(name, by_key.get(key_of(name), ()))
        if meant is not None:
            found[name] = meant
    return found


def choose(name: str, namesakes: Sequence[tuple[str, _Value]]) -> _Value | None:
    """Return the value that `name` means, of `(username, value)` with the same key; None if
    ambiguous.
    """
    if len(namesakes) == 1:
        return namesakes[0][1]
    for spelled in (name, normalize(name)):
        for username, value in namesakes:
            if username == spelled:
                return value
    same_text = [value for username, value in namesakes if normalize(username) == normalize(name)]
    return same_text[0] if len(same_text) == 1 else None


def groups_by_name(names: Collection[str]) -> dict[str, int]:
    """Return `{name: id}` of existing groups, in any spelling of their names.

    All groups are read: there are only as many as superusers have created by hand.
    """
    # Models can be imported only once the apps are ready.
    from django.contrib.auth.models import Group

    rows = Group.objects.values_list("name", "pk")
    return resolve(names, [(key_of(name), name, pk) for name, pk in rows])


def is_taken(name: str, *, exclude_user_id: int | None = None) -> bool:
    """Whether another user has the name, in this or another spelling."""
    # `accounts.models` imports this module.
    from accounts.models import User

    namesakes = User.objects.filter(username_key=key_of(name))
    if exclude_user_id is not None:
        namesakes = namesakes.exclude(pk=exclude_user_id)
    return namesakes.exists()


def search_text(username: str, first_name: str, last_name: str) -> str:
    """Return the text that a search for people matches: each way to write the name on a line,
    folded.

    The family name also comes first, as in Korean, Chinese and Japanese.
    """
    spellings = [username]
    if first_name or last_name:
        spellings.append(f"{first_name} {last_name}")
    if first_name and last_name:
        spellings += [f"{last_name}{first_name}", f"{last_name} {first_name}"]
    return "\n".join(dict.fromkeys(fold_for_search(each).strip() for each in spellings))


# --- users of earlier releases -------------------------------------------------------------------


def collisions(users: "QuerySet[User]") -> Mapping[str, list[tuple[int, str]]]:
    """Return `{key: [(id, username), …]}` for keys that several of `users` have."""
    shared = (
        users.order_by().values("username_key").annotate(n=Count("pk")).filter(n__gt=1)
    ).values("username_key")
    rows = users.filter(username_key__in=shared).order_by("username_key", "pk")
    found: dict[str, list[tuple[int, str]]] = {}
    for key, pk, username in rows.values_list("username_key", "pk", "username"):
        found.setdefault(key, []).append((pk, username))
    return found


def complete(users: "QuerySet[User]") -> None:
    """Fill in the derived columns of rows of an earlier release."""
    while rows := list(users.filter(username_key="").order_by("pk")[:_ROWS]):
        for row in rows:
            row.username_key = key_of(row.username)
            row.search_text = search_text(row.username, row.first_name, row.last_name)
            # `settle` decides whether the name is shared.
            row.shares_name = True
        users.bulk_update(rows, ["username_key", "search_text", "shares_name"])


def settle(users: "QuerySet[User]") -> None:
    """Set `shares_name` for those of `users` who share a key, and unset it for all others."""
    complete(users)
    sharing = [pk for rows in collisions(users).values() for pk, _ in rows]
    users.filter(shares_name=True).exclude(pk__in=sharing).update(shares_name=False)
    users.filter(pk__in=sharing, shares_name=False).update(shares_name=True)


def settle_new() -> None:
    """Settle the users inserted by an earlier release that still runs beside this one."""
    # `accounts.models` imports this module.
    from accounts.models import User

    if User.objects.filter(username_key="").exists():
        settle(User.objects.all())


def respell(users: "QuerySet[User]") -> None:
    """Store every unshared name in its normal form, if it fits."""
    last = 0
    while rows := list(users.filter(pk__gt=last, shares_name=False).order_by("pk")[:_ROWS]):
        last = rows[-1].pk
        changed = []
        for row in rows:
            spelled = normalize(row.username)
            if spelled != row.username and len(spelled) <= NAME_CHARS:
                row.username = spelled
                changed.append(row)
        users.bulk_update(changed, ["username"])


def report_of(found: Mapping[str, list[tuple[int, str]]]) -> str:
    """Return a line for each shared name, with the ids and spellings of its users."""
    return "\n".join(
        "users with one name: " + ", ".join(f"{username!a} (id {pk})" for pk, username in rows)
        for rows in found.values()
    )
