"""The only writers of jobs.

In the order of locks that notifications/services documents, a job's row comes after an idempotency
row and before everything else: ending a job sends a notification while the row is locked.
"""

from notifications.jobs.services.account_deletion import remove_from_shared_jobs
from notifications.jobs.services.cancellation import request_cancel
from notifications.jobs.services.creation import NewJob, create
from notifications.jobs.services.housekeeping import mark_stale, publish_held
from notifications.jobs.services.reports import Report, report

__all__ = [
    "NewJob",
    "Report",
    "create",
    "remove_from_shared_jobs",
    "mark_stale",
    "report",
    "request_cancel",
    "publish_held",
]
