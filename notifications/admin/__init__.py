"""Notifications in Django's admin: looked at, searched, sent, followed, revoked and charted."""

from notifications.admin.batches import BatchAdmin
from notifications.admin.notifications import NotificationAdmin
from notifications.jobs.admin import JobAdmin

__all__ = ["BatchAdmin", "JobAdmin", "NotificationAdmin"]
