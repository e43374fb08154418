"""Token buckets: what they allow, where they are counted, and how a deployment changes them."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import redis
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from realtime.cluster import budget_store, budgets
from realtime.cluster.budget_store import Draw, MemoryStore, RedisStore
from realtime.cluster.budgets import Budget, Rate
from realtime.protocol.errors import ErrorCode, RealtimeError
from tests.support.deadlines import PATIENCE_S
from tests.support.kinds import Kind, Surroundings
from tests.support.parts import RedisServer
from tests.support.threads import at_once, failures

HOUR_US = 3_600 * 1_000_000
TEN = Rate(10, 3_600)
Spends = Callable[..., int]


@dataclass(frozen=True, slots=True)
class Counter:
    """A store of either kind: `spend` answers how long to wait, `turn_back` makes time pass."""

    spend: Spends
    turn_back: Callable[[str, int], None]


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.full_only)])
def counter(
    request: pytest.FixtureRequest, around: Surroundings, settings: Settings
) -> Iterator[Counter]:
    if request.param == "memory":
        memory, passed = MemoryStore(), [0]

        def in_memory(*draws: Draw) -> int:
            return memory.draw(draws, HOUR_US + passed[0])

        def later(key: str, us: int) -> None:
            passed[0] += us

        yield Counter(in_memory, later)
        return
    # Of two instances, one after the other.
    stores = [RedisStore([around.redis_url], wait_s=PATIENCE_S) for _ in range(2)]
    turns = [0]

    def in_redis(*draws: Draw) -> int:
        turns[0] += 1
        waited = stores[turns[0] % 2].draw("user:1", draws)
        assert waited is not None
        return waited

    with redis.Redis.from_url(around.redis_url) as client:

        def earlier(key: str, us: int) -> None:
            name = f"{settings.BELLWIRE_REDIS_PREFIX}:budget:{key}"
            full_at: Any = client.get(name)
            client.set(name, int(full_at) - us)

        yield Counter(in_redis, earlier)


def draw_of(key: str, tokens: int = 1, rate: Rate = TEN) -> Draw:
    return Draw(key, rate.cost_us(tokens), rate.period_us)


def test_a_bucket_gives_what_it_holds_and_then_says_how_long_to_wait(counter: Counter) -> None:
    assert [counter.spend(draw_of("a")) for _ in range(10)] == [0] * 10
    waits = [counter.spend(draw_of("a")) for _ in range(3)]
    # What is refused costs nothing: the wait does not grow.
    assert all(0 < wait <= HOUR_US / 10 for wait in waits)
    assert counter.spend(draw_of("b")) == 0


def test_tokens_come_back_evenly(counter: Counter) -> None:
    assert counter.spend(draw_of("a", 10)) == 0
    counter.turn_back("a", HOUR_US // 10 * 3)
    assert [counter.spend(draw_of("a")) > 0 for _ in range(4)] == [False] * 3 + [True]


def test_of_two_budgets_both_are_paid_or_neither(counter: Counter) -> None:
    small, large = draw_of("small", rate=Rate(1, 3_600)), draw_of("large")
    assert counter.spend(large, small) == 0
    assert all(counter.spend(large, small) > 0 for _ in range(20))
    assert [counter.spend(large) for _ in range(9)] == [0] * 9
    assert counter.spend(large) > 0


def test_what_costs_more_than_a_bucket_holds_needs_a_full_one(counter: Counter) -> None:
    assert counter.spend(draw_of("a", 25)) == 0
    assert counter.spend(draw_of("a")) > 0
    assert counter.spend(draw_of("b")) == 0
    assert counter.spend(draw_of("b", 25)) > 0


def test_those_who_draw_at_once_get_no_more_than_there_is(counter: Counter) -> None:
    waits = at_once([lambda: counter.spend(draw_of("a")) for _ in range(15)])
    assert failures(waits) == []
    assert waits.count(0) == 10


def test_memory_forgets_buckets_that_are_full_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget_store, "PRUNE_AT", 50)
    store = MemoryStore()
    for number in range(2_000):
        assert store.draw([draw_of(f"{number}")], number * HOUR_US) == 0
    assert len(store) <= 101


@pytest.mark.full_only
def test_a_bucket_in_redis_goes_when_it_is_full(around: Surroundings, settings: Settings) -> None:
    store = RedisStore([around.redis_url], wait_s=PATIENCE_S)
    assert store.draw("user:1", [draw_of("a", 3)]) == 0
    with redis.Redis.from_url(around.redis_url) as client:
        left_ms: Any = client.pttl(f"{settings.BELLWIRE_REDIS_PREFIX}:budget:a")
    assert 0 < left_ms <= 3 * 360 * 1000


# --- Redis away ----------------------------------------------------------------------------------


@pytest.fixture
def own_redis(
    redis_server: RedisServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> RedisServer:
    """A Redis for the budgets alone, which is tried again at once after each failure."""
    settings.REDIS_URLS = [redis_server.url]
    settings.BELLWIRE_BUDGET_WAIT_S = 0.5
    monkeypatch.setattr(budget_store, "_shared", None)
    return redis_server


@pytest.mark.full_only
def test_while_redis_is_frozen_this_process_counts_and_says_so_once(
    own_redis: RedisServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spend() -> bool:
        return budget_store.draw("user:1", [draw_of("a")]) == 0

    assert [spend() for _ in range(11)] == [True] * 10 + [False]
    own_redis.freeze()
    with caplog.at_level(logging.WARNING, logger="realtime"):
        # A thousand waits for a frozen server would take minutes; one is made.
        assert [spend() for _ in range(1_000)].count(True) == 10
        own_redis.thaw()
        monkeypatch.setattr(budget_store, "REST_S", 0.0)
        deadline = time.monotonic() + PATIENCE_S
        breaker = budget_store._redis_store().shard("user:1").breaker
        while breaker.away and time.monotonic() < deadline:
            monkeypatch.setattr(breaker, "_try_at", 0.0)
            spend()
    assert not spend()  # in Redis it is still spent
    reported = [record.message for record in caplog.records]
    assert [text.split(":")[0] for text in reported] == [
        "Budgets are counted by this process alone",
        "Budgets are counted in Redis again",
    ]
    # tests/e2e/test_redis_away.py counts the lines of the deliveries' own breaker.
    assert not any("Redis is " in text for text in reported)


@pytest.mark.full_only
def test_a_redis_that_is_gone_refuses_nobody(own_redis: RedisServer) -> None:
    own_redis.stop()
    assert budget_store.draw("user:1", [draw_of("a")]) == 0


# --- declaring and changing ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("30/1h", Rate(30, 3_600)),
        ("1/10m", Rate(1, 600)),
        ("60/m", Rate(60, 60)),
        ("1000000/1s", Rate(1_000_000, 1)),
        ("300/1d", Rate(300, 86_400)),
        ("off", None),
    ],
)
def test_a_rate_is_a_count_and_a_time(text: str, rate: Rate | None) -> None:
    assert budgets.parse_rate(text) == rate


@pytest.mark.parametrize(
    "text",
    ["", "30", "30/", "30/1w", "0/1h", "-1/1h", "1.5/1h", "30/0h", "1000001/1s", "30/1h ", "٣/1h"],
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        budgets.parse_rate(text)


@pytest.mark.parametrize("budget", budgets.declared(), ids=lambda budget: budget.name)
def test_every_default_can_be_spent_to_the_last_token(budget: Budget) -> None:
    rate = budget.default
    assert rate.cost_us(1) * rate.count <= rate.period_us


@pytest.fixture
def cakes(monkeypatch: pytest.MonkeyPatch) -> Budget:
    monkeypatch.setattr(budgets, "_declared", {})
    return budgets.declare_budget("cakes", "2/1h")


def spent(budget: Budget, caller: str = "user:1", tries: int = 40) -> int:
    """How many times the budget was drawn before it was refused."""
    for count in range(tries):
        try:
            budgets.draw(caller, [budget])
        except RealtimeError:
            return count
    return tries


def test_a_refusal_says_when_to_try_again(cakes: Budget, settings: Settings) -> None:
    settings.BELLWIRE_BUDGET_SCALE = 1
    assert spent(cakes) == 2
    with pytest.raises(RealtimeError) as refusal:
        budgets.draw("user:1", [cakes])
    assert refusal.value.code is ErrorCode.RATE_LIMITED
    assert refusal.value.retry_after is not None
    assert 0 < refusal.value.retry_after <= 1_800


def test_each_caller_has_a_budget_of_their_own(cakes: Budget, settings: Settings) -> None:
    settings.BELLWIRE_BUDGET_SCALE = 1
    assert [spent(cakes, caller) for caller in ("user:1", "user:2", "user:1")] == [2, 2, 0]


def test_a_deployment_changes_one_all_or_none(cakes: Budget, settings: Settings) -> None:
    settings.BELLWIRE_BUDGET_SCALE = 3
    assert spent(cakes, "user:1") == 6
    settings.BELLWIRE_BUDGETS = {"cakes": "1/1h"}
    assert spent(cakes, "user:2") == 1
    settings.BELLWIRE_BUDGETS = {"cakes": "off"}
    assert spent(cakes, "user:2") == 40
    settings.BELLWIRE_BUDGETS, settings.BELLWIRE_THROTTLES = {"cakes": "1/1h"}, False
    assert spent(cakes, "user:2") == 40


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"cake": "2/1h"}, "no budget 'cake'.* cakes"),
        ({"cakes": "2 an hour"}, "cakes: expected a count and a time"),
        ({"cakes": 2}, "cakes: expected a count and a time"),
        (["cakes"], "expected a JSON object"),
    ],
)
def test_a_mistake_in_the_settings_is_named_at_the_start(
    cakes: Budget, settings: Settings, given: Any, named: str
) -> None:
    settings.BELLWIRE_BUDGETS = given
    with pytest.raises(ImproperlyConfigured, match=named):
        budgets.check_settings()


def test_a_scale_of_nothing_is_a_mistake(settings: Settings) -> None:
    settings.BELLWIRE_BUDGET_SCALE = 0
    with pytest.raises(ImproperlyConfigured, match="BELLWIRE_THROTTLES=off"):
        budgets.check_settings()


def test_the_settings_of_this_deployment_are_checked_at_its_start(kind: Kind) -> None:
    budgets.check_settings()
    assert {"rooms.create", "messages.send", "assistant.ask"} <= {
        budget.name for budget in budgets.declared()
    }
