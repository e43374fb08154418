"""Hooks for new accounts: an app registers one to create its own rows for each user."""

from collections.abc import Callable, Sequence

# Receives the ids of new users, in the transaction that creates them. Takes a fixed number of
# queries, however many users there are.
OnCreated = Callable[[Sequence[int]], object]
_callbacks: list[OnCreated] = []


def on_users_created(callback: OnCreated) -> None:
    """Register `callback` for users created from now on. Call it in `AppConfig.ready()`."""
    _callbacks.append(callback)


def users_created(user_ids: Sequence[int]) -> None:
    """Run the hooks. Code that inserts users calls it in the same transaction."""
    for callback in _callbacks:
        callback(user_ids)
