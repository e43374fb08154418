"""Statistics of answers for the admin, in a constant number of queries."""

from datetime import timedelta
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from chat.assistant.models import Role, Status, Turn

# Days that the page covers.
DAYS: Final = 30


def by_day() -> list[dict[str, Any]]:
    """Answers by status, and tokens, for each of the last days and each model."""
    counts = {
        str(status): Count("id", filter=Q(status=str(status)))
        for status in Status
        if status is not Status.STREAMING
    }
    rows = (
        _recent()
        .annotate(day=TruncDate("created_at"))
        .values("day", "model")
        .annotate(
            count=Count("id"),
            prompt=Sum("prompt_tokens"),
            completion=Sum("completion_tokens"),
            **counts,
        )
        .order_by("-day", "model")
    )
    return [dict(row) for row in rows]


def ratings() -> list[dict[str, Any]]:
    """How often each rating was given, by model."""
    rated = _recent().exclude(rating="").values("model", "rating")
    return [dict(row) for row in rated.annotate(count=Count("id")).order_by("model", "rating")]


def _recent() -> QuerySet[Turn]:
    since = timezone.now() - timedelta(days=DAYS)
    return Turn.objects.filter(role=str(Role.ASSISTANT), created_at__gte=since)
