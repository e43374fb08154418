"""Users by their names, in whatever form and case those are written.

A name is looked up by its key (`text.names.key_of`), which no two users share who are made by this
release. Of users of earlier releases whose keys are the same (`shares_name`), each is found by the
spelling that is stored, and by that alone: a spelling that fits several finds nobody.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Count, QuerySet

from text.mentions import NAME_CHARS
from text.names import fold_for_search, key_of, normalize

if TYPE_CHECKING:
    from accounts.models import User

_Value = TypeVar("_Value")
# Users who are read and written at once.
_ROWS = 1_000


def find_user(name: str) -> "User | None":
    """Whom a name means; None for nobody, and where several have it in other spellings."""
    from accounts.models import User

    rows = User.objects.filter(username_key=key_of(name))
    if user := choose(name, [(user.username, user) for user in rows]):
        return user
    # Inserted by an earlier release, or by hand, since `settle_new` last ran.
    return User.objects.filter(username_key="", username__in={name, normalize(name)}).first()


def resolve(names: Iterable[str], rows: Iterable[tuple[str, str, _Value]]) -> dict[str, _Value]:
    """`{name: value}` of those that are there, of `(username_key, username, value)` by key."""
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
    """Of `(username, value)` with the same key, the one that `name` means, if it is one alone."""
    if len(namesakes) == 1:
        return namesakes[0][1]
    for spelled in (name, normalize(name)):
        for username, value in namesakes:
            if username == spelled:
                return value
    same_text = [value for username, value in namesakes if normalize(username) == normalize(name)]
    return same_text[0] if len(same_text) == 1 else None


def groups_by_name(names: Collection[str]) -> dict[str, int]:
    """`{name: id}` of the groups that are there, whatever the spelling of their names.

    All groups are read: they are as many as superusers have made by hand.
    """
    from django.contrib.auth.models import Group

    rows = Group.objects.values_list("name", "pk")
    return resolve(names, [(key_of(name), name, pk) for name, pk in rows])


def is_taken(name: str, *, by_other_than: int | None = None) -> bool:
    """Whether another user has the name, in this or another spelling."""
    from accounts.models import User

    namesakes = User.objects.filter(username_key=key_of(name))
    if by_other_than is not None:
        namesakes = namesakes.exclude(pk=by_other_than)
    return namesakes.exists()


def search_text(username: str, first_name: str, last_name: str) -> str:
    """What a search for people looks in: each way to write the name on a line, folded.

    The family name also stands first, as it does in Korean, Chinese and Japanese.
    """
    spellings = [username]
    if first_name or last_name:
        spellings.append(f"{first_name} {last_name}")
    if first_name and last_name:
        spellings += [f"{last_name}{first_name}", f"{last_name} {first_name}"]
    return "\n".join(dict.fromkeys(fold_for_search(each).strip() for each in spellings))


# --- users of earlier releases -------------------------------------------------------------------


def collisions(users: "QuerySet[User]") -> Mapping[str, list[tuple[int, str]]]:
    """`{key: [(id, username), …]}` of the keys that several of `users` have."""
    shared = (
        users.order_by().values("username_key").annotate(n=Count("pk")).filter(n__gt=1)
    ).values("username_key")
    rows = users.filter(username_key__in=shared).order_by("username_key", "pk")
    found: dict[str, list[tuple[int, str]]] = {}
    for key, pk, username in rows.values_list("username_key", "pk", "username"):
        found.setdefault(key, []).append((pk, username))
    return found


def complete(users: "QuerySet[User]") -> None:
    """Fill in the columns that follow from the names, for rows of an earlier release."""
    while rows := list(users.filter(username_key="").order_by("pk")[:_ROWS]):
        for row in rows:
            row.username_key = key_of(row.username)
            row.search_text = search_text(row.username, row.first_name, row.last_name)
            # Who shares the name with somebody is told apart by `settle`.
            row.shares_name = True
        users.bulk_update(rows, ["username_key", "search_text", "shares_name"])


def settle(users: "QuerySet[User]") -> None:
    """Set `shares_name` for those of `users` who share a key, and take it from all others."""
    complete(users)
    sharing = [pk for rows in collisions(users).values() for pk, _ in rows]
    users.filter(shares_name=True).exclude(pk__in=sharing).update(shares_name=False)
    users.filter(pk__in=sharing, shares_name=False).update(shares_name=True)


def settle_new() -> None:
    """Settle the users that an earlier release, still running beside this one, has inserted."""
    from accounts.models import User

    if User.objects.filter(username_key="").exists():
        settle(User.objects.all())


def respell(users: "QuerySet[User]") -> None:
    """Store every name that is its user's own in its normal form, where it fits."""
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
    """A line for each name that several users have: their ids and spellings."""
    return "\n".join(
        "users with one name: " + ", ".join(f"{username!a} (id {pk})" for pk, username in rows)
        for rows in found.values()
    )
