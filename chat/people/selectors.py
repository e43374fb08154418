"""Reads users and blocks."""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from accounts.models import User
from chat.people.models import Block
from text.names import fold_for_search

# docs/contract.md §7.
FOUND_USERS = 20


def search_users(*, user_id: int, text: str) -> QuerySet[User]:
    """Active users with `text` in a name, by username, except the user and their blockers."""
    hidden = Block.objects.filter(blocked=user_id).values("user")
    return (
        User.objects.filter(search_text__contains=fold_for_search(text), is_active=True)
        .exclude(pk=user_id)
        .exclude(pk__in=hidden)
        .order_by("username")[:FOUND_USERS]
    )


def blocked_by(user_id: int) -> QuerySet[User]:
    """The users whom the user blocks."""
    blocked = Block.objects.filter(user=user_id).values("blocked")
    return User.objects.filter(pk__in=blocked).order_by("id")


def blocks(*, user_id: int, other_id: int) -> bool:
    """Whether the user blocks the other."""
    return Block.objects.filter(user=user_id, blocked=other_id).exists()


def either_blocks(one: int, other: int) -> bool:
    """Whether one of two users blocks the other."""
    return Block.objects.filter(
        Q(user=one, blocked=other) | Q(user=other, blocked=one),
    ).exists()


def blockers(user_id: int | None, *, among: Collection[int]) -> set[int]:
    """Those of `among` who block the user."""
    if not among or user_id is None:
        return set()
    return set(Block.objects.filter(blocked=user_id, user__in=among).values_list("user", flat=True))
