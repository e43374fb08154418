"""Notifications in Django's admin: view, search, send, follow, revoke, and charts."""

from notifications.admin.batches import BatchAdmin
from notifications.admin.jobs import JobAdmin
from notifications.admin.notifications import NotificationAdmin

__all__ = ["BatchAdmin", "JobAdmin", "NotificationAdmin"]
