"""Blocks and unblocks users. The blocked user is not notified."""

from django.utils import timezone

from accounts.models import User
from api.errors import ApiError, Code, invalid
from api.limits import MAX_ID
from chat.people.models import Block


def block_user(*, user_id: int, other_id: int) -> None:
    """Block another user. Idempotent.

    Raises `ApiError`: NOT_FOUND if there is no such user, INVALID for oneself.
    """
    if other_id == user_id:
        raise invalid({"user_id": ["Expected another user, got yourself."]})
    if other_id > MAX_ID or not User.objects.filter(pk=other_id).exists():
        raise ApiError(Code.NOT_FOUND, "Not found")
    made = Block(user_id=user_id, blocked_id=other_id, created_at=timezone.now())
    Block.objects.bulk_create([made], ignore_conflicts=True)


def unblock_user(*, user_id: int, other_id: int) -> None:
    """Remove a block, if there is one."""
    if other_id <= MAX_ID:
        Block.objects.filter(user=user_id, blocked=other_id).delete()
