"""The recipients that an admin chooses, and their number."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import User
from api.errors import invalid
from notifications import limits
from notifications.services.recipients import RecipientKind, Recipients, resolve


@dataclass(frozen=True, slots=True)
class Audience:
    """Users by name, or the active members of a group, or, with neither, everyone."""

    usernames: Sequence[str] = ()
    group_id: int | None = None

    @property
    def is_everyone(self) -> bool:
        """Whether it is a broadcast."""
        return not self.usernames and self.group_id is None


def count_recipients(audience: Audience) -> int:
    """Return the current number of recipients. Raises `ApiError` (INVALID) as `members` does."""
    if audience.is_everyone:
        return User.objects.count()
    return len(members(audience))


def members(audience: Audience) -> list[int]:
    """Return the ids of users by name, or of a group's members.

    Raises `ApiError` (INVALID) for unknown names, for a group without active members, and for one
    with more members than can be sent to at once.
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
