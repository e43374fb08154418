"""The fields of docs/contract.md §6 in both cases (api/names.py).

Keys of a sender's `data` and categories of preferences are not fields, and are not renamed.
"""

from accounts.topics import USERS
from api.names import Names, OrError
from notifications.live.topics import BROADCAST
from realtime import register_names, renaming

NOTIFICATION = Names("user_id", "reference_id", "reference_type", "created_at", "read_at")
NOTIFICATIONS = NOTIFICATION | Names(results=NOTIFICATION)
# The event has the id twice, and times that only the logged event has.
NOTIFICATION_EVENT = NOTIFICATION | Names("notification_id", "edited_at", "deleted_at")
READ = Names("read_at", "up_to", "broadcasts_up_to")
# A send and its response.
SEND = Names(
    "user_ids",
    "external_ids",
    "reference_id",
    "reference_type",
    "collapse_key",
    "expires_at",
    "batch_id",
)
# Of each item either the response of a send, or its error.
SEND_MANY = Names(items=SEND | Names("idempotency_key"), results=OrError(SEND))
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
    """Register the names of events with the engine. Called once, when the apps are ready."""
    for kind in (USERS, BROADCAST):
        events = ["notification", "notification.updated"]
        register_names(kind, events, renaming(NOTIFICATION_EVENT))
        register_names(kind, ["notification.read", "notification.read_all"], renaming(READ))
    register_names(USERS, ["job"], renaming(JOB))
