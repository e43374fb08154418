"""Accounts that are made. An app registers what it keeps of a user from the first moment on."""

from collections.abc import Callable, Sequence

# Is given the ids of new users, in the transaction that makes them. Costs the same however many.
OnCreated = Callable[[Sequence[int]], object]
_callbacks: list[OnCreated] = []


def on_users_created(callback: OnCreated) -> None:
    """Have `callback` called for users who are made from now on. In `AppConfig.ready()`."""
    _callbacks.append(callback)


def users_created(user_ids: Sequence[int]) -> None:
    """Tell the apps. Called by whatever inserts users, in the same transaction."""
    for callback in _callbacks:
        callback(user_ids)
