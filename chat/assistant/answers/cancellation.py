"""Stops answers at their owner's request."""

from django.db import transaction

from chat.assistant import selectors
from chat.assistant.answers import completions
from chat.assistant.answers.supervisor import supervisor
from chat.assistant.models import Role, Status, Turn
from realtime import unit_of_work


def stop_answer(*, user_id: int, message_id: int) -> Turn:
    """End an answer with the text written so far, whichever process writes it. Idempotent.

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
            completions.end_answer(row, Status.STOPPED)

            def abandon() -> None:
                supervisor.abandon_answer(message_id)

            transaction.on_commit(abandon, robust=True)
        return row
