"""Limits of jobs that are no settings (those: notifications/conf.py), each with its reason."""

from datetime import timedelta
from typing import Final

from notifications.conf import conf

# `queued` to `succeeded`, with room.
STATUS_CHARS: Final = 16

# A service may report a hundred times a second; docs/decisions/0003 explains why this is enough.
# The first reports of a job are published at once, which is all of them for a short job.
FREE_EVENTS: Final = 20
# After those, the least time between two events: nobody reads faster than that,
SPACING: Final = timedelta(seconds=0.5)
# and a bar that took an hour to get so far does not visibly move in a minute.
SPACING_SHARE_OF_AGE: Final = 0.01
# A job may take days, but known progress is not held back for longer than this.
SPACING_MOST: Final = timedelta(seconds=60)

# How much later than the spacing the last report before a pause is published.
REPORT_HELD_EVERY_S: Final = 0.5

# A 1/60 of the silence is the accuracy of `reported_at`: a report then writes it every 10 s.
SILENCE_PARTS: Final = 60
# A deployment may shorten the silence; its check remains a rare query.
STALE_EVERY_S: Final = 0.5

# Rows per transaction, so that locks are held briefly, and transactions per run.
SWEEP_ROWS: Final = 500
SWEEP_ROUNDS: Final = 20


def sign_of_life_every() -> timedelta:
    """Return the accuracy of the last report's time."""
    return conf().stale_after / SILENCE_PARTS


def stale_every_s() -> float:
    """Return the interval of the check for silent jobs."""
    return max(sign_of_life_every().total_seconds(), STALE_EVERY_S)
