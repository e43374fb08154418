"""Users' preferences by category."""

from collections.abc import Mapping

from django.db.models import F

from accounts.topics import user_topic
from notifications import selectors, types
from notifications.models import Broadcast, MutedCategory, UnreadCounter
from notifications.services import counters
from notifications.sql.counters import settle
from realtime import publish, unit_of_work


def set_preferences(*, user_id: int, wanted: Mapping[str, bool]) -> dict[str, bool]:
    """Switch categories on and off; others keep their state. Returns all of them.

    `wanted` has registered categories only, and not `system` as off. Unchanged values publish
    nothing.
    """
    with unit_of_work():
        counters.hold([user_id])
        before = selectors.muted(user_id)
        after = {*before, *(name for name, on in wanted.items() if not on)}
        after -= {name for name, on in wanted.items() if on}
        if after != before:
            MutedCategory.objects.filter(user=user_id, category__in=before - after).delete()
            MutedCategory.objects.bulk_create(
                MutedCategory(user_id=user_id, category=name) for name in sorted(after - before)
            )
            _count_anew(user_id)
            publish(user_topic(user_id), "preferences", selectors.preferences(user_id))
        return selectors.preferences(user_id)


def recount(*, user_id: int) -> None:
    """Recount a user's unread notifications, after a type has moved to another category."""
    with unit_of_work():
        counters.hold([user_id])
        _count_anew(user_id)


def refile_broadcasts() -> None:
    """Set every broadcast's category to the current one of its type."""
    with unit_of_work():
        counters.hold_broadcasts()
        for one in types.registered().values():
            rows = Broadcast.objects.filter(notification__type=one.name)
            rows.exclude(category=one.category).update(category=one.category)


def _count_anew(user_id: int) -> None:
    """Recount, in time proportional to the unread ones; the user must be locked."""
    UnreadCounter.objects.filter(user=user_id).update(
        unread=selectors.own_unread(user_id).count(), version=F("version") + 1
    )
    settle([user_id])
