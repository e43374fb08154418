"""Everything that writes jobs.

A job's row is locked after an idempotency row and before all else in the order that
notifications/services documents: what ends a job sends a notification while the row is locked.
"""

from notifications.jobs.services.cancelling import request_cancel
from notifications.jobs.services.creating import NewJob, create
from notifications.jobs.services.leaving import leave_all
from notifications.jobs.services.reporting import Report, report
from notifications.jobs.services.sweeping import mark_stale, tell_held

__all__ = [
    "NewJob",
    "Report",
    "create",
    "leave_all",
    "mark_stale",
    "report",
    "request_cancel",
    "tell_held",
]
