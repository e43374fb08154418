"""Which processes live, and what becomes of the answers of those that do not.

Everything is by the database's clock: those of the instances may differ.
"""

from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now

from chat.assistant import limits
from chat.assistant.answers import completions
from chat.assistant.models import Status, Turn, Worker
from realtime import unit_of_work

_STALE = timedelta(seconds=limits.STALE_S)
_FORGET = timedelta(seconds=limits.FORGET_WORKERS_S)


def beat(name: str) -> bool:
    """Say that this worker lives. False: it was taken for dead, as nobody could say anything.

    That is so after the database was away, for all workers alike.
    """
    rows = Worker.objects.filter(pk=name)
    if rows.filter(seen_at__gte=Now() - _STALE).update(seen_at=Now()):
        return True
    known = rows.update(seen_at=Now())
    if not known:
        Worker.objects.bulk_create([Worker(name=name, seen_at=Now())], ignore_conflicts=True)
    return not known


def leave(name: str) -> None:
    """This worker ends, and has nothing left to write."""
    Worker.objects.filter(pk=name).delete()


def sweep() -> int:
    """Interrupt the answers of workers that are gone; returns how many.

    Runs in every instance, and may in all at once.
    """
    alive = Worker.objects.filter(seen_at__gte=Now() - _STALE).values("name")
    # A process that has just begun may not have said yet that it lives.
    due = Turn.objects.filter(status=str(Status.STREAMING), created_at__lt=Now() - _STALE)
    swept = _interrupt(due.exclude(worker__in=alive).values_list("pk", flat=True))
    Worker.objects.filter(seen_at__lt=Now() - _FORGET).delete()
    return swept


def mine(name: str) -> set[int]:
    """The answers that are this worker's to write."""
    rows = Turn.objects.filter(worker=name, status=str(Status.STREAMING))
    return set(rows.values_list("pk", flat=True))


def interrupt(ids: set[int]) -> int:
    """Interrupt these answers, as far as they are being written; returns how many."""
    rows = Turn.objects.filter(pk__in=ids, status=str(Status.STREAMING))
    return _interrupt(rows.values_list("pk", flat=True))


def _interrupt(due: QuerySet[Turn, int]) -> int:
    done = 0
    while found := list(due.order_by("pk")[: limits.SWEEP_ROWS]):
        with unit_of_work():
            # Skipping what is locked: another instance is at it, or the worker lives after all.
            rows = Turn.objects.filter(pk__in=found, status=str(Status.STREAMING))
            locked = rows.select_for_update(of=("self",), skip_locked=True)
            ended = list(locked.select_related("conversation").order_by("pk"))
            for row in ended:
                completions.interrupt(row)
        done += len(ended)
        if len(found) < limits.SWEEP_ROWS or not ended:
            break
    return done
