"""Heartbeats of worker processes, and the answers of workers that are gone.

All times are the database's: the instances' clocks may differ.
"""

from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now

from chat.assistant import limits
from chat.assistant.answers import completions
from chat.assistant.models import Status, Turn, Worker
from realtime import unit_of_work

_STALE_AFTER = timedelta(seconds=limits.STALE_S)
_DELETE_AFTER = timedelta(seconds=limits.DELETE_WORKERS_S)


def renew_heartbeat(name: str) -> bool:
    """Record that this worker is alive. False if its previous heartbeat had expired.

    After an outage of the database that is so for all workers.
    """
    rows = Worker.objects.filter(pk=name)
    if rows.filter(seen_at__gte=Now() - _STALE_AFTER).update(seen_at=Now()):
        return True
    known = rows.update(seen_at=Now())
    if not known:
        Worker.objects.bulk_create([Worker(name=name, seen_at=Now())], ignore_conflicts=True)
    return not known


def remove_worker(name: str) -> None:
    """Remove a worker that has nothing left to write."""
    Worker.objects.filter(pk=name).delete()


def interrupt_orphans() -> int:
    """Interrupt the answers of workers that are gone; return their number.

    Every instance runs this; concurrent runs are safe.
    """
    alive = Worker.objects.filter(seen_at__gte=Now() - _STALE_AFTER).values("name")
    # The first heartbeat of a new process may not have been written yet.
    due = Turn.objects.filter(status=str(Status.STREAMING), created_at__lt=Now() - _STALE_AFTER)
    swept = _interrupt(due.exclude(worker__in=alive).values_list("pk", flat=True))
    Worker.objects.filter(seen_at__lt=Now() - _DELETE_AFTER).delete()
    return swept


def answer_ids_of(name: str) -> set[int]:
    """The ids of the streaming answers that this worker owns."""
    rows = Turn.objects.filter(worker=name, status=str(Status.STREAMING))
    return set(rows.values_list("pk", flat=True))


def interrupt_answers(ids: set[int]) -> int:
    """Interrupt those of these answers that are streaming; return their number."""
    rows = Turn.objects.filter(pk__in=ids, status=str(Status.STREAMING))
    return _interrupt(rows.values_list("pk", flat=True))


def _interrupt(due: QuerySet[Turn, int]) -> int:
    done = 0
    while found := list(due.order_by("pk")[: limits.SWEEP_ROWS]):
        with unit_of_work():
            # Skip locked rows: another instance interrupts them, or their worker is alive.
            rows = Turn.objects.filter(pk__in=found, status=str(Status.STREAMING))
            locked = rows.select_for_update(of=("self",), skip_locked=True)
            ended = list(locked.select_related("conversation").order_by("pk"))
            for row in ended:
                completions.interrupt_answer(row)
        done += len(ended)
        if len(found) < limits.SWEEP_ROWS or not ended:
            break
    return done
