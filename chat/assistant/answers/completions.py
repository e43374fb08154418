"""Ends answers and publishes the end, whether complete, stopped or interrupted."""

from django.utils import timezone

from chat.assistant import events, payload
from chat.assistant.models import Status, Turn
from realtime import Topic, publish

INTERRUPTED = "The process that wrote this answer has ended; ask for it again"


def interrupt_answer(row: Turn) -> None:
    """End a streaming answer whose worker is gone. The caller holds the row's lock."""
    end_answer(row, Status.INTERRUPTED, "INTERRUPTED", INTERRUPTED)


def end_answer(row: Turn, status: Status, code: str = "", fault: str = "") -> None:
    """End a streaming answer. The caller holds the row's lock."""
    row.status, row.code, row.fault = str(status), code, fault
    row.worker, row.ended_at = "", timezone.now()
    row.save(update_fields=["status", "code", "fault", "worker", "ended_at"])
    publish_end(row.conversation.topic, payload.answer_end(row))


def publish_end(topic: Topic, ended: events.End) -> None:
    """Publish the events that follow the text: `sources`, `error` if any, `done`."""
    for event in events.end_events(ended):
        publish(topic, event.type, event.log_data())
