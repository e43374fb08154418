"""The notification at the end of a job."""

from notifications import types
from notifications.jobs.models import Job, Status
from notifications.services import Content, RecipientKind, Recipients, send
from notifications.texts import TYPE_TITLE, Template
from notifications.types import NotificationType

_USUAL = {
    Status.SUCCEEDED: "PRISM_TASK_COMPLETED",
    Status.FAILED: "PRISM_TASK_FAILED",
    Status.CANCELLED: "PRISM_TASK_CANCELLED",
}


def notify(job: Job) -> None:
    """Send it to all recipients, with the job's last message, or else the type's title."""
    kind = _kind(job)
    send(
        sender=job.sender,
        to=Recipients(RecipientKind.USER_ID, job.recipient_ids),
        content=Content(
            type=kind.name,
            title=job.title,
            message=job.message,
            message_template=None if job.message else Template(TYPE_TITLE),
            link=job.link,
            # A type of the service's own does not show how the job ended.
            data={"status": str(job.status)},
            reference_type="job",
            reference_id=str(job.pk),
        ),
    )


def _kind(job: Job) -> NotificationType:
    usual = _USUAL[Status(job.status)]
    # A deployment may have removed its type since; the job must end nevertheless.
    found = types.find(job.type or usual) or types.find(usual)
    if found is None:
        raise RuntimeError(f"expected the built-in type {usual}, found none")
    return found
