"""Notifications sent in the last days, and the share read: one query of limited cost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from notifications.sql.days import by_day_and_type

DAYS = 30
# The newest rows that are counted: about a second of work for the database.
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Amount:
    """`sent`; of these `personal`, to single users; of these `read` by now.

    A broadcast counts as one sent, and not in the rate.
    """

    sent: int = 0
    personal: int = 0
    read: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            self.sent + other.sent, self.personal + other.personal, self.read + other.read
        )

    @property
    def rate(self) -> float | None:
        """Return the share that has been read, 0 to 1; None if none was sent."""
        return self.read / self.personal if self.personal else None


@dataclass(frozen=True, slots=True)
class Statistics:
    """`types`: the most frequent first. `days`: every day in order, of the requested type.

    `whole` is False if there were more rows than were counted.
    """

    types: Sequence[tuple[str, Amount]]
    days: Sequence[tuple[date, Amount]]
    whole: bool


def statistics(*, now: datetime, type_name: str | None = None) -> Statistics:
    """Return statistics of the last thirty days (UTC) up to today; `days` of one type, or
    of all.
    """
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=DAYS - 1)
    since = datetime.combine(first, time(), UTC)
    by_type: dict[str, Amount] = defaultdict(Amount)
    by_day: dict[str, Amount] = defaultdict(Amount)
    for day, kind, *numbers in by_day_and_type(since=since, most=MOST):
        amount = Amount(*numbers)
        by_type[kind] += amount
        if type_name in (None, kind):
            by_day[day] += amount
    return Statistics(
        types=sorted(by_type.items(), key=lambda item: (-item[1].sent, item[0])),
        days=_filled(first, by_day),
        whole=sum(amount.sent for amount in by_type.values()) < MOST,
    )


def _filled(first: date, by_day: Mapping[str, Amount]) -> list[tuple[date, Amount]]:
    every = [first + timedelta(days=number) for number in range(DAYS)]
    return [(day, by_day.get(day.isoformat(), Amount())) for day in every]
