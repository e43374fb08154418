"""Workers that end without a word: their answers are interrupted once, and nobody else's."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.assistant.answers import workers
from chat.assistant.models import Turn, Worker
from tests.chat.assistant.people import ApiUser, asks, events_of, turn, writes

pytestmark = pytest.mark.usefixtures("at_work")


def older(seconds: float) -> None:
    """Let all that there is be so much older."""
    past = timezone.now() - timedelta(seconds=seconds)
    Turn.objects.update(created_at=past)
    Worker.objects.update(seen_at=past)


def test_answers_of_a_worker_that_was_not_heard_of_for_long_are_interrupted(
    alice: ApiUser,
) -> None:
    answer = asks(alice)
    writes(answer, "Half of it")
    assert workers.renew_heartbeat("worker")
    assert workers.interrupt_orphans() == 0
    older(8)
    assert workers.interrupt_orphans() == 0
    older(10)
    assert workers.interrupt_orphans() == 1
    assert workers.interrupt_orphans() == 0
    row = turn(answer.pk)
    assert (row.status, row.code, row.content) == ("interrupted", "INTERRUPTED", "Half of it")
    reported = [event.type for event in events_of(answer.conversation_id)]
    assert reported == ["start", "token", "sources", "error", "done"]


def test_a_worker_that_lives_keeps_old_answers_and_one_that_just_began_has_time(
    alice: ApiUser,
) -> None:
    asks(alice)
    # It has not said yet that it lives.
    assert workers.interrupt_orphans() == 0
    older(60)
    assert workers.renew_heartbeat("worker")
    assert workers.interrupt_orphans() == 0
    workers.remove_worker("worker")
    assert workers.interrupt_orphans() == 1


def test_a_worker_hears_that_it_was_taken_for_dead(db: None) -> None:
    assert workers.renew_heartbeat("worker")
    assert workers.renew_heartbeat("worker")
    older(10)
    assert not workers.renew_heartbeat("worker")
    assert workers.renew_heartbeat("worker")


def test_rows_of_workers_are_forgotten(db: None) -> None:
    workers.renew_heartbeat("worker")
    older(4_000)
    workers.interrupt_orphans()
    assert not Worker.objects.exists()


def test_all_instances_sweep_at_once_and_each_answer_ends_once(
    alice: ApiUser, bob: ApiUser, at_once: Callable[[list[Callable[[], Any]]], list[Any]]
) -> None:
    answers = [asks(person) for person in (alice, bob) for _ in range(3)]
    older(10)
    swept = at_once([workers.interrupt_orphans] * 4)
    assert sum(swept) == len(answers)
    for answer in answers:
        reported = [event.type for event in events_of(answer.conversation_id)]
        assert reported == ["start", "sources", "error", "done"]
