"""The end of an answer, whoever brings it about: stopped, interrupted, or written to the end."""

from django.db import transaction
from django.utils import timezone

from chat.assistant import events, payload, selectors
from chat.assistant.answers.supervisor import supervisor
from chat.assistant.models import Role, Status, Turn
from realtime import Topic, publish, unit_of_work

INTERRUPTED = "The process that wrote this answer has ended; ask for it again"


def stop(*, user_id: int, message_id: int) -> Turn:
    """End an answer with what there is of it, wherever it is written; stopping again is harmless.

    Raises `ApiError` NOT_FOUND.
    """
    with unit_of_work():
        rows = Turn.objects.select_for_update(of=("self",), no_key=True)
        row = rows.filter(
            pk=message_id, conversation__user=user_id, role=str(Role.ASSISTANT)
        ).first()
        if row is None:
            raise selectors.not_found()
        if row.status == Status.STREAMING:
            end(row, Status.STOPPED)

            def forget() -> None:
                supervisor.forget(message_id)

            transaction.on_commit(forget, robust=True)
        return row


def interrupt(row: Turn) -> None:
    """End an answer whose worker is gone. It is locked, and being written."""
    end(row, Status.INTERRUPTED, "INTERRUPTED", INTERRUPTED)


def end(row: Turn, status: Status, code: str = "", fault: str = "") -> None:
    """End an answer that is locked, and being written."""
    row.status, row.code, row.fault = str(status), code, fault
    row.worker, row.ended_at = "", timezone.now()
    row.save(update_fields=["status", "code", "fault", "worker", "ended_at"])
    publish_end(row.conversation.topic, payload.end(row))


def publish_end(topic: Topic, ended: events.End) -> None:
    """Publish what comes behind the text."""
    for piece in events.ending(ended):
        publish(topic, piece.type, piece.logged())
