"""The fields of CONTRACT §6 that have two names (api/names.py): shape by shape.

A sender's `data` and the categories of preferences are nobody's fields, and are not in here.
"""

from accounts.topics import USERS
from api.names import Names
from notifications.topics import BROADCAST
from realtime import register_names, renaming

NOTIFICATION = Names("user_id", "reference_id", "reference_type", "created_at", "read_at")
NOTIFICATIONS = NOTIFICATION | Names(results=NOTIFICATION)
# The event has the id a second time, and times that only the log's own copy has.
NOTIFICATION_EVENT = NOTIFICATION | Names("notification_id", "edited_at", "deleted_at")
READ = Names("read_at", "up_to", "broadcasts_up_to")
# What is sent, and what its sender is told of it.
SEND = Names(
    "user_ids",
    "external_ids",
    "reference_id",
    "reference_type",
    "collapse_key",
    "expires_at",
    "batch_id",
)
JOB = Names(
    "user_id",
    "external_id",
    "user_ids",
    "external_ids",
    "cancel_requested",
    "created_at",
    "updated_at",
)
JOBS = JOB | Names(results=JOB)


def register_renderers() -> None:
    """Tell the engine. Once, when the apps are ready."""
    for kind in (USERS, BROADCAST):
        events = ["notification", "notification.updated"]
        register_names(kind, events, renaming(NOTIFICATION_EVENT))
        register_names(kind, ["notification.read", "notification.read_all"], renaming(READ))
    register_names(USERS, ["job"], renaming(JOB))
