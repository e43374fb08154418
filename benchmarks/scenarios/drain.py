"""A drain of one of two instances: 2,000 clients come back to the other through the balancer.

`make cluster` is started as an operator starts it. All clients are at one instance, which then gets
SIGTERM; each comes back as the client library does, after 0.2 to 2 s. What must hold: everybody is
back within 15 s, nobody is refused, no second brings more than a quarter of them, and the process
has ended by itself within 30 s.
"""

import asyncio
import os
import signal
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop

from benchmarks.report import Outcome, table
from benchmarks.returning import SOON_S, ReturningClients
from tests.support.clusters import LocalCluster

CLIENTS = 2_000
# Of one user: as many as are allowed are five, and one takes part in the drain twice.
PER_USER = 2
# Frames that arrive while the drain is under way.
PATIENCE_S = 60.0

# The targets.
BACK_S = 15.0
PEAK_SHARE = 0.25
ENDED_S = 30.0


@dataclass(frozen=True, slots=True)
class Drained:
    """Seconds are from SIGTERM."""

    clients: int
    back: int
    back_s: float
    refused: dict[str, int]
    told_in_s: float
    peak_per_s: int
    ended_s: float


def run() -> Outcome:
    """Measure, print, compare with the targets. Raises `StartError`, `BenchmarkError`."""
    folder = tempfile.TemporaryDirectory(prefix="bellwire-bench-")
    with folder, LocalCluster(Path(folder.name)) as cluster:
        names = [f"u{number}" for number in range(CLIENTS // PER_USER)]
        printed = cluster.manage("issue_token", *names, "--create", "--minutes", "120")
        tokens = printed.split() * PER_USER
        measured = uvloop.run(drain(cluster, tokens))
    return _report(measured)


async def drain(
    cluster: LocalCluster, tokens: list[str], *, wait_s: tuple[float, float] = SOON_S
) -> Drained:
    """Connect a client for each token to the first instance, and drain that."""
    clients = ReturningClients(tokens)
    try:
        # Past the balancer, which would give the other one half of them.
        await clients.open(cluster.ports[0])
        clients.watch(cluster.port, wait_s=wait_s)
        began = time.monotonic()
        os.kill(cluster.pids[0], signal.SIGTERM)
        ends = asyncio.create_task(_ended(cluster.pids[0]))
        await clients.until_back(len(tokens), timeout_s=PATIENCE_S)
        ended_at = await ends
    finally:
        await clients.close()
    returns = clients.returns
    return Drained(
        clients=len(tokens),
        back=len(returns.opened),
        back_s=max(returns.opened, default=began) - began,
        refused=dict(Counter(returns.refusals)),
        told_in_s=max(returns.told, default=began) - began,
        peak_per_s=returns.peak_per_s,
        ended_s=ended_at - began,
    )


async def _ended(pid: int) -> float:
    """Wait for a process's end. Returns when that was."""
    deadline = time.monotonic() + PATIENCE_S
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            await asyncio.sleep(0.05)
    return time.monotonic()


def _report(measured: Drained) -> Outcome:
    most = measured.clients * PEAK_SHARE
    refused = sum(measured.refused.values())
    checks = [
        ("back at the other instance", measured.back, measured.clients, "all"),
        ("refused, or not told 1012", refused, 0, "none"),
    ]
    rows = [
        [name, f"{found:,}", said, "yes" if found == wanted else "NO"]
        for name, found, wanted, said in checks
    ]
    limits = [
        ("last one back, s", measured.back_s, BACK_S),
        ("most in one second", measured.peak_per_s, most),
        ("instance ended, s", measured.ended_s, ENDED_S),
    ]
    rows += [
        [name, f"{found:,.1f}", f"at most {limit:,.0f}", "yes" if found <= limit else "NO"]
        for name, found, limit in limits
    ]
    print(f"\nA drain of an instance with {measured.clients:,} connections; the last one was told")
    print(f"after {measured.told_in_s:.1f} s\n")
    print(table(["", "measured", "target", "held"], rows))
    for why, count in measured.refused.items():
        print(f"refused {count:,} times: {why}")
    held = all(row[-1] == "yes" for row in rows)
    return Outcome(held, asdict(measured))
