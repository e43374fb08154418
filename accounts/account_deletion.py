"""Accounts that go. Whoever keeps something of people registers what is to be done before that."""

from collections.abc import Callable, Sequence

from accounts.models import User
from accounts.revocation import Reason, end_everything

# Is given a user's id, and takes them out of what others see. May find nothing to do.
UserDeletedHook = Callable[[int], None]
_hooks: list[UserDeletedHook] = []


def on_user_deleted(hook: UserDeletedHook) -> None:
    """Have `hook` called for every user who is deleted, within that unit of work."""
    _hooks.append(hook)


def delete_user(*, user_id: int) -> bool:
    """Delete an account with all that is theirs alone, and close their connections.

    Returns whether it was there.
    """
    user = User.objects.filter(pk=user_id).first()
    return user is not None and User._meta.label in user.delete()[1]


def leave(user_ids: Sequence[int]) -> None:
    """Take users out of what others see, before they are deleted in the same unit of work.

    `User.delete()` and the deletion of a queryset call it, whoever deletes.
    """
    _run_hooks(user_ids)
    # Inserts that refer to a user wait for these locks, or were waited for: what they have inserted
    # since is seen now, and nothing more is inserted. All users are locked only after the first
    # round, as what ends a job locks it before its recipients.
    locked = User.objects.order_by("pk").select_for_update()
    there = [user.pk for user in locked.filter(pk__in=user_ids)]
    _run_hooks(there)
    for user_id in there:
        end_everything(user_id=user_id, reason=Reason.DELETED)


def _run_hooks(user_ids: Sequence[int]) -> None:
    for user_id in user_ids:
        for hook in _hooks:
            hook(user_id)
