"""Memory that requests may hold together."""

import pytest

from config.middleware.admission.byte_budget import ByteBudget

pytestmark = pytest.mark.once


def test_budget_ends_where_it_says() -> None:
    budget = ByteBudget(100, share=1, free=0)
    first, second = budget.hold("a"), budget.hold("b")

    assert first.grow(60)
    assert second.grow(40)
    assert not second.grow(1)

    first.release()
    first.release()
    assert budget.used == 40
    assert second.grow(60)


def test_one_owner_gets_a_share() -> None:
    budget = ByteBudget(100, share=0.5, free=0)

    assert budget.hold("a").grow(50)
    assert not budget.hold("a").grow(1)
    assert budget.hold("b").grow(50)


def test_small_holdings_go_on_when_all_is_used() -> None:
    budget = ByteBudget(100, share=1, free=10)
    assert budget.hold("a").grow(110)

    small = budget.hold("b")

    assert small.grow(4)
    assert small.grow(6)
    assert not small.grow(1)
    small.release()
    assert budget.used == 100


def test_after_a_refusal_none_is_begun_until_there_is_room() -> None:
    budget = ByteBudget(100, share=1, free=0, room=30)
    first, second = budget.hold("a"), budget.hold("b")
    assert first.grow(40)
    assert second.grow(45)
    # Without a refusal all of it can be used.
    late = budget.hold("c")
    assert late.grow(5)
    assert not late.grow(11)
    late.release()

    assert not budget.hold("c").grow(1)
    # What was begun goes on.
    assert second.grow(1)

    second.release()
    assert budget.hold("c").grow(1)


def test_an_owner_that_was_refused_is_the_only_one() -> None:
    budget = ByteBudget(200, share=0.5, free=10, room=30)
    first, second = budget.hold("a"), budget.hold("a")
    assert first.grow(60)
    assert second.grow(40)
    assert not second.grow(31)
    second.release()

    # 50 of 100 are used by the first.
    assert budget.hold("a").grow(60)
    third = budget.hold("a")
    assert not third.grow(11)
    assert third.grow(10)
    assert budget.hold("b").grow(100)


def test_who_wants_more_than_all_of_it_is_not_held_against_the_next() -> None:
    budget = ByteBudget(100, share=0.5, free=0, room=50)

    assert not budget.hold("a").grow(60)

    assert budget.hold("a").grow(50)
