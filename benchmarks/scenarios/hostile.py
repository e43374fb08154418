"""Another user's worst wait while the instance is attacked, beside the same without an attack.

One production instance runs alone on one core. Each attack of tests/hostile is held while a user
signs in, makes a REST call, connects and receives a notification, several times over; the worst of
each is printed, its ratio to the worst without an attack, and the most memory that the process had.
"""

import asyncio
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.contenders import Contender, running
from benchmarks.report import Outcome, table
from tests.databases import PostgreSQLMaker, manage
from tests.hostile.attackers import Attack, Behaviour
from tests.hostile.behaviours import (
    CHUNKED,
    LONG_QUERIES,
    STATIC_FILE,
    UNFINISHED,
    unread_inbox,
    waiting,
)
from tests.hostile.crowd import Crowd, make_crowd
from tests.hostile.documents import HTML, reading
from tests.hostile.floods import FLOODS
from tests.hostile.guessing import guessing
from tests.hostile.instances import Target
from tests.kinds import a_redis_url, neutral_environment, postgresql_url

TIMES = 5
STEPS = ("sign-in", "REST call", "connect", "delivery")
# What another user is promised.
WORST_S = 1.0
MIB = 1024 * 1024

Hostile = Callable[[], AbstractAsyncContextManager[object]]


@dataclass(frozen=True, slots=True)
class Waits:
    """The worst seconds of each step, and the most memory, while one attack was held."""

    attack: str
    worst_s: Mapping[str, float]
    peak_mib: float

    def row(self, calm: "Waits") -> list[str]:
        cells = [
            f"{self.worst_s[step] * 1000:,.0f} ({self.worst_s[step] / calm.worst_s[step]:.1f})"
            for step in STEPS
        ]
        return [self.attack, *cells, f"{self.peak_mib:.0f}"]


def run() -> Outcome:
    """Print all; the target is that nobody waits longer than `WORST_S`."""
    server_core, own_core = machine.cores()
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="bellwire-bench-")))
        ends.enter_context(machine.pinned(own_core))
        environment = _environment(ends, folder)
        crowd = make_crowd(partial(manage, env=environment))
        contender = Contender(
            "Bellwire", lambda _: ["manage.py", "serve"], environment, "bellwire", lambda _: []
        )
        server = ends.enter_context(running(contender, core=server_core, folder=folder))
        pid = server.process.pid
        url = f"http://127.0.0.1:{server.port}"
        target = Target("direct", "127.0.0.1", server.port, pid, url)
        found = asyncio.run(_measure(target, crowd))
    head = ["worst ms (times as without)", *STEPS, "MiB"]
    print(table(head, [waits.row(found[0]) for waits in found]), flush=True)
    worst = max(found, key=lambda waits: max(waits.worst_s.values()))
    longest = max(worst.worst_s.values())
    held = longest <= WORST_S
    print(f"{'holds ' if held else 'MISSED'}  {longest:.2f} s at worst, during: {worst.attack}")
    print(f"        the worst of {TIMES} times each; at most {WORST_S:.0f} s")
    return Outcome(
        held, {"machine": machine.description(), "waits": [asdict(one) for one in found]}
    )


async def _measure(target: Target, crowd: Crowd) -> list[Waits]:
    found = []
    for name, attack in [("no attack", _nobody), *_attacks(target, crowd)]:
        found.append(await _waits(target, crowd, name, attack))
        # All of it takes minutes.
        print(f"{name}: {max(found[-1].worst_s.values()):.2f} s at worst", flush=True)
    return found


async def _waits(target: Target, crowd: Crowd, name: str, attack: Hostile) -> Waits:
    machine.forget_peak(target.pid)
    bystander = crowd.bystander(target)
    async with attack():
        for _ in range(TIMES):
            await bystander.does_everything()
    peak = machine.peak_memory_bytes(target.pid) / MIB
    return Waits(name, {step: max(bystander.took[step]) for step in STEPS}, peak)


def _attacks(target: Target, crowd: Crowd) -> Sequence[tuple[str, Hostile]]:
    def held(behaviour: Behaviour, connections: int) -> tuple[str, Hostile]:
        return behaviour.name, lambda: Attack(target, behaviour, connections=connections)

    rooms = ",".join(f"rooms/{room}" for room in crowd.rooms)
    paths = ["/long-polling/notifications", f"/long-polling?topic={rooms}", "/sse/notifications"]
    token = crowd.collector.token
    return [
        *(held(behaviour, 14) for behaviour in UNFINISHED),
        held(STATIC_FILE, 30),
        held(unread_inbox(token), 30),
        held(CHUNKED, 30),
        *(held(behaviour, 3) for behaviour in LONG_QUERIES),
        *(held(waiting(path, token), 150) for path in paths),
        *(held(flood(crowd.person()), 5) for flood in FLOODS),
        ("password guesses from 40 addresses", lambda: guessing(target)),
        *((f"documents of {name}", partial(reading, target, crowd.key, name)) for name in HTML),
    ]


@asynccontextmanager
async def _nobody() -> AsyncIterator[None]:
    yield


def _environment(ends: ExitStack, folder: Path) -> Mapping[str, str]:
    databases = PostgreSQLMaker(postgresql_url(ends, folder))
    database_url = databases.create()
    ends.callback(databases.drop, database_url)
    environment: dict[str, Any] = {
        **neutral_environment(),
        # Passwords are hashed as in production: that is what a guess costs.
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": uuid.uuid4().hex * 2,
        "DATABASE_URL": database_url,
        "REDIS_URL": a_redis_url(ends, folder),
        "BELLWIRE_REDIS_PREFIX": f"bench-{uuid.uuid4().hex[:12]}",
    }
    manage("migrate", "--verbosity=0", env=environment)
    return environment
