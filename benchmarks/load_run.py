"""One server and its clients: publish, wait for all deliveries, and compute the figures."""

import asyncio
import resource
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks import machine
from benchmarks.contenders import Running
from benchmarks.events import FIRST
from benchmarks.load_clients import LoadClients
from benchmarks.publishers import Publisher

# A slower server is broken.
PATIENCE_S = 90.0


@dataclass(frozen=True, slots=True)
class Speed:
    """A server's speed in bursts, and the resources that it used."""

    deliveries_per_s: float
    # The server's CPU, all threads; other load on the machine hardly affects it.
    cpu_us_per_delivery: float
    # Shares of time: server and client on their cores, others on the server's.
    server_busy: float
    client_busy: float
    others_busy: float


class LoadRun:
    """Publishes events that are numbered from the first to the last."""

    def __init__(self, *, pid: int, core: int, load: LoadClients, publisher: Publisher) -> None:
        self.pid = pid
        self.load = load
        self._core = core
        self._publisher = publisher
        self._published = 0

    async def checked(self, count: int, size: int) -> None:
        """Publish, with every client checking that each event is the next one."""
        self.load.looks = True
        await self._publish(count, size)
        self.load.looks = False

    async def latencies(self, count: int, size: int, *, every_s: float) -> list[float]:
        """Publish single events at a steady rate. Returns the seconds of each delivery."""
        seconds: list[float] = []
        for _ in range(count):
            next_turn = time.monotonic() + every_s
            moments: list[float] = []
            self.load.moments = moments
            began, _ = await self._publish(1, size)
            seconds.extend(moment - began for moment in moments)
            self.load.check_counts(self._published)
            await asyncio.sleep(max(next_turn - time.monotonic(), 0))
        self.load.moments = None
        return seconds

    async def bursts(
        self, events: int, size: int, *, seconds: float, at_least: int = 1, at_most: int
    ) -> Speed:
        """Publish bursts of `events`, one after another, for about `seconds`."""
        cpu, busy = machine.cpu_s(self.pid), machine.core_busy_s(self._core)
        own, start = _own_cpu_s(), time.monotonic()
        spent, count = 0.0, 0
        while count < at_least or (spent < seconds and count < at_most):
            began, ended = await self._publish(events, size)
            spent += ended - began
            count += 1
        wall = time.monotonic() - start
        cpu, busy = machine.cpu_s(self.pid) - cpu, machine.core_busy_s(self._core) - busy
        own = _own_cpu_s() - own
        self.load.check_counts(self._published)
        deliveries = count * events * self.load.counted
        return Speed(
            deliveries_per_s=deliveries / spent,
            cpu_us_per_delivery=cpu / deliveries * 1e6,
            server_busy=cpu / wall,
            client_busy=own / wall,
            others_busy=max(busy - cpu, 0) / wall,
        )

    async def _publish(self, count: int, size: int) -> tuple[float, float]:
        """Return the times before the events were published, and when the last one was received."""
        self.load.expect(count * self.load.counted)
        first = FIRST + self._published
        self._published += count
        began = await self._publisher.publish(first, count, size)
        return began, await self.load.everything(PATIENCE_S)


@asynccontextmanager
async def visiting(server: Running, clients: int, *, core: int) -> AsyncIterator[LoadRun]:
    """Connect the clients, and disconnect them at the end of the block."""
    load = LoadClients()
    publisher = await server.publisher()
    try:
        await load.open(server.port, server.contender.handshakes(clients))
        yield LoadRun(pid=server.process.pid, core=core, load=load, publisher=publisher)
    finally:
        await publisher.close()
        await load.close()


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
