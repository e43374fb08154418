"""How long jobs may be silent, and how many events they may cause; each with its reason."""

from datetime import timedelta
from typing import Final

from django.conf import settings

# `queued` to `succeeded`, with room.
STATUS_CHARS: Final = 16

# A service may report a hundred times a second; docs/decisions/0003 tells why this is enough.
# A job with few reports has each of them told at once.
FREE_EVENTS: Final = 20
# After those an event comes so long after the one before: faster than that nobody reads,
SPACING: Final = timedelta(seconds=0.5)
# and a bar that took an hour to come so far is not seen to move in a minute.
SPACING_SHARE_OF_AGE: Final = 0.01
# A job may take days, but nobody waits longer for what is known already.
SPACING_MOST: Final = timedelta(seconds=60)

# How late, beside the spacing, the last report before a pause is told.
REPORT_HELD_EVERY_S: Final = 0.5

# Of silence 1/60 may go unnoticed: a sign of life is then a write every 10 s, not one a report.
SILENCE_PARTS: Final = 60
# A deployment may shorten the silence; the look for it stays a rare query.
STALE_EVERY_S: Final = 0.5

# Rows per transaction, so that its locks are held shortly, and transactions per run.
SWEEP_ROWS: Final = 500
SWEEP_ROUNDS: Final = 20


def recipients() -> int:
    """How many people one job may be shown to.

    Each of its events is one of every recipient's topic, so a hundred (a team, a class) is the
    default: what concerns more people is a notification at its end.
    """
    return int(settings.BELLWIRE_JOB_RECIPIENTS)


def stale_after() -> timedelta:
    """How long a service may be silent about a job (CONTRACT §6: 10 minutes)."""
    return timedelta(seconds=settings.BELLWIRE_JOB_STALE_S)


def sign_of_life_every() -> timedelta:
    """How exactly it is known when the last report came."""
    return stale_after() / SILENCE_PARTS


def stale_every_s() -> float:
    """How often silence is looked for."""
    return max(sign_of_life_every().total_seconds(), STALE_EVERY_S)
