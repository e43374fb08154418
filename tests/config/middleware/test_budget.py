"""Memory that requests may hold together."""

import pytest

from config.middleware.budget import ByteBudget

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
