"""Notifications in Django's admin: looked at, searched, sent, followed, revoked and charted."""

from notifications.admin.batches import BatchAdmin
from notifications.admin.jobs import JobAdmin
from notifications.admin.notifications import NotificationAdmin

__all__ = ["BatchAdmin", "JobAdmin", "NotificationAdmin"]
