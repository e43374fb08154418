"""Disconnects the clients of a stopping instance, spread over some seconds.

Clients reconnect as soon as they are told to. If all were told at once, the other instances would
have to admit them in the same second, and refuse some.
"""

import asyncio
from collections.abc import Sequence

from realtime.conf import conf
from realtime.fanout.hub import LocalConnection
from realtime.protocol.errors import Close

# The share of `drain_s` that the closing may take at most: the rest is for closing handshakes.
_SPREAD_SHARE = 0.5


async def close_in_steps(connections: Sequence[LocalConnection]) -> None:
    """Close connections (1012), an equal share of them at each step.

    A few are closed one at each step, so that a handful does not take as long as a thousand.
    """
    step_s = conf().drain_step_s
    spread_s = min(conf().drain_spread_s, conf().drain_s * _SPREAD_SHARE)
    total = len(connections)
    steps = max(1, min(total, round(spread_s / step_s) if step_s > 0 else 1))
    for step in range(steps):
        if step:
            await asyncio.sleep(step_s)
        for connection in connections[total * step // steps : total * (step + 1) // steps]:
            connection.close(Close.DRAINING)
