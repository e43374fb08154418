"""Another user's worst wait while the instance is attacked, beside the same without an attack.

One production instance runs alone on one core, nginx with deploy/nginx.conf on the other. Each
attack of tests/hostile is held by both ways while a user signs in, makes a REST call, connects and
receives a notification, several times over. Printed are the worst of each step, its ratio to the
worst without an attack, the most memory that the process had, and how soon after the attack all is
as it was before it.

`--attack` and `--way` name some of them: all together take ten minutes.
"""

import asyncio
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks import machine
from benchmarks.contenders import Contender, Running, running
from benchmarks.report import Outcome, table
from tests.hostile.api_user import Bystander
from tests.hostile.attackers import Attack, Behaviour
from tests.hostile.behaviours import (
    CHUNKED,
    LONG_QUERIES,
    REQUEST_FLOODS,
    SILENT,
    STATIC_FILE,
    UNFINISHED,
    image_tags,
    script,
    storm,
    unread_inbox,
    waiting,
)
from tests.hostile.documents import HTML, reading
from tests.hostile.floods import FLOODS
from tests.hostile.guessing import GUESSES
from tests.hostile.instances import MEMORY_BYTES, Target
from tests.hostile.users import HostileUsers, make_crowd
from tests.support import parts
from tests.support.balancer import Balancer
from tests.support.databases import PostgreSQLMaker, manage
from tests.support.kinds import a_redis_url, neutral_environment, postgresql_url

WAYS: Final = ("direct", "nginx")
TIMES: Final = 5
STEPS: Final = ("sign-in", "REST call", "connect", "delivery")
# The limits promised to other users.
WORST_S: Final = 1.0
NORMAL_AFTER_S: Final = 10.0
MIB: Final = 1024 * 1024

Hostile = Callable[[], AbstractAsyncContextManager[object]]


@dataclass(frozen=True, slots=True)
class Waits:
    """The worst seconds of each step and the most memory while one attack was held, and how many
    seconds after its end everything was normal; None if it was not in time."""

    attack: str
    worst_s: Mapping[str, float]
    peak_mib: float
    normal_after_s: float | None

    @property
    def longest_s(self) -> float:
        return max(self.worst_s.values())

    @property
    def held(self) -> bool:
        """Whether other users had the promised response times."""
        within_memory = self.peak_mib * MIB < MEMORY_BYTES
        return self.longest_s <= WORST_S and within_memory and self.normal_after_s is not None

    def row(self, calm: "Waits") -> list[str]:
        cells = [
            f"{self.worst_s[step] * 1000:,.0f} ({self.worst_s[step] / calm.worst_s[step]:.1f})"
            for step in STEPS
        ]
        normal = "never" if self.normal_after_s is None else f"{self.normal_after_s:.1f} s"
        return [self.attack, *cells, f"{self.peak_mib:.0f}", normal, "" if self.held else "MISSED"]


def run(attacks: Sequence[str] = (), ways: Collection[str] = WAYS) -> Outcome:
    """Print all, or the attacks whose names contain one of `attacks`. The target is that nobody
    waits longer than `WORST_S`, in `MEMORY_BYTES`, and all is normal after `NORMAL_AFTER_S`."""
    server_core, own_core = machine.cores()
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="bellwire-bench-")))
        ends.enter_context(machine.pinned(own_core))
        environment = _environment(ends, folder)
        load = make_crowd(partial(manage, env=environment))
        contender = Contender(
            "Bellwire", lambda _: ["manage.py", "serve"], environment, "bellwire", lambda _: []
        )
        server = ends.enter_context(running(contender, core=server_core, folder=folder))
        found = {
            target.name: asyncio.run(_measure(target, load, attacks))
            for target in _targets(ends, server, folder, ways)
        }
    for way, all_waits in found.items():
        head = [f"{way}: worst ms (times as without)", *STEPS, "MiB", "normal after", ""]
        print(f"\n{table(head, [waits.row(all_waits[0]) for waits in all_waits])}", flush=True)
    held = _summarize(found)
    figures = {way: [asdict(one) for one in all_waits] for way, all_waits in found.items()}
    return Outcome(held, {"machine": machine.description(), "waits": figures})


def _summarize(found: Mapping[str, Sequence[Waits]]) -> bool:
    every = [(way, waits) for way, all_waits in found.items() for waits in all_waits]
    way, worst = max(every, key=lambda pair: pair[1].longest_s)
    held = all(waits.held for _, waits in every)
    verdict = "holds " if held else "MISSED"
    print(f"{verdict}  {worst.longest_s:.2f} s at worst, {way}, during: {worst.attack}")
    print(
        f"        the worst of {TIMES} times each; at most {WORST_S:.0f} s, "
        f"{MEMORY_BYTES / MIB:.0f} MiB, normal after {NORMAL_AFTER_S:.0f} s"
    )
    return held


def _targets(
    ends: ExitStack, server: Running, folder: Path, ways: Collection[str]
) -> Iterator[Target]:
    url = f"http://127.0.0.1:{server.port}"
    pid = server.process.pid
    if "direct" in ways:
        yield Target("direct", "127.0.0.1", server.port, pid, url)
    if "nginx" in ways:
        nginx = parts.nginx_binary()
        if nginx is None:
            raise parts.MissingPartError("nginx: install it (Debian: apt-get install nginx)")
        balancer = Balancer(nginx.where, [server.port], folder=folder)
        ends.callback(balancer.end)
        yield Target("nginx", "127.0.0.1", balancer.port, pid, url)


async def _measure(target: Target, load: HostileUsers, attacks: Sequence[str]) -> list[Waits]:
    # First requests are slow: modules are loaded, pools are filled.
    await load.bystander(target).does_everything()
    found: list[Waits] = []
    for name, attack in [("no attack", _nobody), *_attacks(target, load)]:
        if found and attacks and not any(part in name for part in attacks):
            continue
        waits = await _waits(target, load, name, attack)
        found.append(waits)
        # A full run takes minutes.
        print(f"{target.name}: {name}: {waits.longest_s:.2f} s at worst", flush=True)
    return found


async def _waits(target: Target, load: HostileUsers, name: str, attack: Hostile) -> Waits:
    connections = target.connections()
    machine.forget_peak(target.pid)
    bystander = load.bystander(target)
    async with attack():
        for _ in range(TIMES):
            await bystander.does_everything()
    ended = time.monotonic()
    peak = machine.peak_memory_bytes(target.pid) / MIB
    worst = {step: max(bystander.took[step]) for step in STEPS}
    return Waits(name, worst, peak, await _normal_after_s(target, bystander, connections, ended))


async def _normal_after_s(
    target: Target, bystander: Bystander, connections: int, ended: float
) -> float | None:
    """Seconds from `ended` until the instance is as before, and quick; None if that is too long."""
    try:
        async with asyncio.timeout_at(asyncio.get_running_loop().time() + NORMAL_AFTER_S):
            await target.is_normal(connections=connections)
            while True:
                await bystander.does_everything()
                if all(times[-1] <= WORST_S for times in bystander.took.values()):
                    return time.monotonic() - ended
    except (AssertionError, TimeoutError):
        return None


def _attacks(target: Target, load: HostileUsers) -> Sequence[tuple[str, Hostile]]:
    def held(behaviour: Behaviour, connections: int) -> tuple[str, Hostile]:
        return behaviour.name, lambda: Attack(target, behaviour, connections=connections)

    rooms = ",".join(f"rooms/{room}" for room in load.rooms)
    paths = [
        "/long-polling/notifications",
        f"/long-polling?topic={rooms}",
        "/sse/notifications",
        f"/sse?topic={rooms}",
    ]
    token = load.collector.token
    return [
        *(held(behaviour, 14) for behaviour in UNFINISHED),
        held(STATIC_FILE, 30),
        held(unread_inbox(token), 30),
        held(CHUNKED, 30),
        *(held(behaviour, 3) for behaviour in LONG_QUERIES),
        *(held(behaviour, 14) for behaviour in REQUEST_FLOODS),
        held(SILENT, 400),
        *(held(waiting(path, token), 150) for path in paths),
        *(held(storm(path, token), 50) for path in paths),
        held(image_tags(token), 14),
        held(script(token, load.rooms[0]), 14),
        *(held(flood(load.person()), 5) for flood in FLOODS),
        *((f"guesses {name}", partial(guesses, target)) for name, guesses in GUESSES.items()),
        *((f"documents of {name}", partial(reading, target, load.key, name)) for name in HTML),
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
        # Passwords are hashed as in production, as that is the cost of a guess.
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": uuid.uuid4().hex * 2,
        "DATABASE_URL": database_url,
        "REDIS_URL": a_redis_url(ends, folder),
        "BELLWIRE_REDIS_PREFIX": f"bench-{uuid.uuid4().hex[:12]}",
    }
    manage("migrate", "--verbosity=0", env=environment)
    return environment
