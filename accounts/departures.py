"""Accounts that go. Whoever keeps something of people registers what is to be done before that."""

from collections.abc import Callable

from accounts.models import User
from accounts.revocation import Reason, end_everything
from realtime.publishing import unit_of_work

# Is given a user's id, and takes them out of what others see. May find nothing to do.
Farewell = Callable[[int], None]
_farewells: list[Farewell] = []


def register_farewell(farewell: Farewell) -> None:
    """Have `farewell` called for every user who is deleted, within that unit of work."""
    _farewells.append(farewell)


def delete_user(*, user_id: int) -> bool:
    """Delete an account with all that is theirs alone, and close their connections.

    Returns whether it was there.
    """
    with unit_of_work():
        _say_farewell(user_id)
        # Whoever writes what refers to the user waits for this lock, or was waited for: so what
        # they have entered since the farewell is known now, and they enter nothing more.
        user = User.objects.select_for_update().filter(pk=user_id).first()
        if user is None:
            return False
        _say_farewell(user_id)
        end_everything(user_id=user_id, reason=Reason.DELETED)
        user.delete()
        return True


def _say_farewell(user_id: int) -> None:
    for farewell in _farewells:
        farewell(user_id)
