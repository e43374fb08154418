"""Keeping away from people, and giving it up. Nobody is told."""

from django.utils import timezone

from accounts.models import User
from api.errors import ApiError, Code, invalid
from chat.people.models import Block

_LARGEST_ID = 2**63 - 1


def block(*, user_id: int, other_id: int) -> None:
    """Have nothing to do with another user; twice is once.

    Raises `ApiError`: NOT_FOUND for a user who is not there, INVALID for oneself.
    """
    if other_id == user_id:
        raise invalid({"user_id": ["Expected another user, got yourself."]})
    if other_id > _LARGEST_ID or not User.objects.filter(pk=other_id).exists():
        raise ApiError(Code.NOT_FOUND, "Not found")
    made = Block(user_id=user_id, blocked_id=other_id, created_at=timezone.now())
    Block.objects.bulk_create([made], ignore_conflicts=True)


def unblock(*, user_id: int, other_id: int) -> None:
    """Give it up; who was not blocked is not blocked."""
    if other_id <= _LARGEST_ID:
        Block.objects.filter(user=user_id, blocked=other_id).delete()
