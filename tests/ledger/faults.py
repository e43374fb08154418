"""The fault scenarios: what breaks, and how the readers behave meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from tests.ledger.readers import Habits
from tests.ledger.stage import Stage
from tests.support.servers import CLOCK_AHEAD

Fault = Callable[[Stage], Awaitable[None]]
# Longer than an instance takes to notice that Redis hangs.
FROZEN_S = 10.0
AHEAD_S = 3
# Traffic before the fault and after it.
CALM_S = 1.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """`needs` names the part without which there is nothing to break."""

    name: str
    fault: Fault
    habits: Habits = field(default_factory=Habits)
    needs: str = ""

    def fits(self, stage: Stage) -> bool:
        needed: Mapping[str, object] = {
            "redis": stage.redis,
            "postgresql": stage.postgresql,
            "balancer": stage.balancer,
            "others": len(stage.servers) > 1,
        }
        return not self.needs or bool(needed[self.needs])


async def nothing(stage: Stage) -> None:
    """The readers do it by themselves."""
    await asyncio.sleep(4 * CALM_S)


async def kill(stage: Stage) -> None:
    await stage.restart(stage.servers[0], kill=True)


async def rolling(stage: Stage) -> None:
    for server in stage.servers:
        await stage.restart(server)


async def redis_restart(stage: Stage) -> None:
    assert stage.redis is not None
    await asyncio.to_thread(stage.redis.kill)
    await asyncio.sleep(CALM_S)
    await asyncio.to_thread(stage.redis.start)


async def redis_frozen(stage: Stage) -> None:
    assert stage.redis is not None
    stage.redis.freeze()
    await asyncio.sleep(FROZEN_S)
    stage.redis.thaw()


async def database_restart(stage: Stage) -> None:
    assert stage.postgresql is not None
    await asyncio.to_thread(stage.postgresql.halt)
    await asyncio.sleep(CALM_S)
    await asyncio.to_thread(stage.postgresql.restart)


async def balancer_restart(stage: Stage) -> None:
    assert stage.balancer is not None
    await asyncio.to_thread(stage.balancer.restart)


async def clocks_apart(stage: Stage) -> None:
    for server, seconds in zip(stage.servers[1:], (AHEAD_S, -AHEAD_S), strict=False):
        await stage.restart(server, {CLOCK_AHEAD: str(seconds)})
    await asyncio.sleep(2 * CALM_S)
    for server in stage.servers[1:]:
        await stage.restart(server, {CLOCK_AHEAD: None})


async def everything(stage: Stage) -> None:
    """One after the other, each before the one before is over for the readers."""
    for fault, part in (
        (clocks_apart, len(stage.servers) > 1),
        (redis_frozen, stage.redis),
        (kill, True),
        (database_restart, stage.postgresql),
        (redis_restart, stage.redis),
        (balancer_restart, stage.balancer),
        (rolling, True),
    ):
        if part:
            await fault(stage)


RUDE = Habits(cuts=True, switches=True)
SCENARIOS = (
    Scenario("kill -9 of an instance", kill),
    Scenario("rolling SIGTERM", rolling),
    Scenario("Redis restart", redis_restart, needs="redis"),
    Scenario("Redis frozen 10 s", redis_frozen, needs="redis"),
    Scenario("PostgreSQL restart", database_restart, needs="postgresql"),
    Scenario("balancer restart", balancer_restart, needs="balancer"),
    Scenario("slow readers", nothing, Habits(slow=True)),
    Scenario("clients cut at random", nothing, Habits(cuts=True)),
    Scenario("transports switch", nothing, RUDE),
    Scenario("clocks apart by 3 s", clocks_apart, needs="others"),
    Scenario("all at once", everything, Habits(cuts=True, switches=True, slow=True)),
)
