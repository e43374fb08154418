"""Reading people."""

from collections.abc import Collection

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat

from accounts.models import User
from chat.people.models import Block

# CONTRACT §7.
FOUND_USERS = 20


def found(*, user_id: int, text: str) -> QuerySet[User]:
    """Whom `text` is part of the name of, by username; not oneself, nor who blocks one."""
    hidden = Block.objects.filter(blocked=user_id).values("user")
    named = Q(username__icontains=text) | Q(called__icontains=text)
    return (
        User.objects.annotate(called=Concat("first_name", Value(" "), "last_name"))
        .filter(named, is_active=True)
        .exclude(pk=user_id)
        .exclude(pk__in=hidden)
        .order_by("username")[:FOUND_USERS]
    )


def blocks(*, user_id: int, other_id: int) -> bool:
    """Whether the user blocks the other."""
    return Block.objects.filter(user=user_id, blocked=other_id).exists()


def apart(one: int, other: int) -> bool:
    """Whether either of the two blocks the other."""
    return Block.objects.filter(
        Q(user=one, blocked=other) | Q(user=other, blocked=one),
    ).exists()


def blockers(user_id: int | None, *, among: Collection[int]) -> set[int]:
    """Those of `among` who block the user."""
    if not among or user_id is None:
        return set()
    return set(Block.objects.filter(blocked=user_id, user__in=among).values_list("user", flat=True))
