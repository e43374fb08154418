"""The public representation of a job (docs/contract.md §6)."""

from api.media.renderers import iso_utc
from notifications.jobs.models import Job
from notifications.payload import Payload


def job(row: Job) -> Payload:
    """Return `{id, user_id, title, status, progress, …}`, for REST and the event `job` alike."""
    return {
        "id": row.pk,
        "user_id": row.user_id,
        "user_ids": row.recipient_ids,
        "title": row.title,
        "status": str(row.status),
        "progress": row.progress,
        "message": row.message,
        "link": row.link or None,
        "type": row.type or None,
        "cancel_requested": row.cancel_requested_at is not None,
        "created_at": iso_utc(row.created_at),
        "updated_at": iso_utc(row.updated_at),
    }
