"""Deletion of accounts: an app with data of users registers a hook that runs before it."""

from collections.abc import Callable, Sequence

from accounts.credentials.revocation import Reason, end_everything
from accounts.models import User

# Receives a user's id, and removes the user from data that others see. There may be none.
UserDeletedHook = Callable[[int], None]
_hooks: list[UserDeletedHook] = []


def on_user_deleted(hook: UserDeletedHook) -> None:
    """Register `hook` for every user who is deleted, within that unit of work."""
    _hooks.append(hook)


def delete_user(*, user_id: int) -> bool:
    """Delete an account with its own data, and close its connections.

    Returns whether it existed.
    """
    user = User.objects.filter(pk=user_id).first()
    return user is not None and User._meta.label in user.delete()[1]


def run_deletion_hooks(user_ids: Sequence[int]) -> None:
    """Run the hooks for users, before they are deleted in the same unit of work.

    Called by `User.delete()` and by the deletion of a queryset.
    """
    _run_hooks(user_ids)
    # Concurrent inserts that reference these users block on their row locks, or have been
    # committed: so the second round of hooks sees every row. The users are locked only after the
    # first round, because ending a job locks the job before its recipients.
    locked = User.objects.order_by("pk").select_for_update()
    existing = [user.pk for user in locked.filter(pk__in=user_ids)]
    _run_hooks(existing)
    for user_id in existing:
        end_everything(user_id=user_id, reason=Reason.DELETED)


def _run_hooks(user_ids: Sequence[int]) -> None:
    for user_id in user_ids:
        for hook in _hooks:
            hook(user_id)
