"""Whom somebody at the admin sends to, and how many they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import User
from api.errors import invalid
from notifications import limits
from notifications.services.recipients import RecipientKind, Recipients, resolve


@dataclass(frozen=True, slots=True)
class Audience:
    """One of these: users by name, the active members of a group, or, with neither, everyone."""

    usernames: Sequence[str] = ()
    group_id: int | None = None

    @property
    def is_everyone(self) -> bool:
        """Whether it is stored once, for all."""
        return not self.usernames and self.group_id is None


def count_recipients(audience: Audience) -> int:
    """How many they are now. Raises `ApiError` (INVALID) as `members` does."""
    if audience.is_everyone:
        return User.objects.count()
    return len(members(audience))


def members(audience: Audience) -> list[int]:
    """The ids of users by name, or of a group.

    Raises `ApiError` (INVALID) for names of nobody, for a group without active members, and for
    one with more than can be sent to at once.
    """
    if audience.usernames:
        return resolve(Recipients(RecipientKind.USERNAME, audience.usernames))
    active = User.objects.filter(groups=audience.group_id, is_active=True).order_by("pk")
    found = list(active.values_list("pk", flat=True)[: limits.GROUP_MEMBERS + 1])
    if not found:
        raise invalid({"group": ["This group has no active members."]})
    if len(found) > limits.GROUP_MEMBERS:
        most = f"{limits.GROUP_MEMBERS:,}"
        raise invalid(
            {"group": [f"This group has more than {most} members: send to everyone, or to parts."]}
        )
    return found
