"""Both clients behind one set of words, with their own types: each test runs once with each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import httpx

from bellwire_client import AsyncBellwire, AsyncRunningJob, Bellwire, Retries, RunningJob

T = TypeVar("T")
Client = Bellwire | AsyncBellwire
Opens = Callable[..., Client]


class Clock:
    """Time that passes only while somebody sleeps, and then at once. `woken` is called after."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []
        self.woken: Callable[[], object] = list

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.woken()

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)


# Always the longest wait that chance allows, so that a test can name it.
EXACT = Retries(chance=lambda: 1.0)


class Opener:
    """`await opens(url, key)`: a client of the kind that the test runs with, closed after it."""

    def __init__(self, which: type[Client], clock: Clock, ends: AsyncExitStack) -> None:
        self._which = which
        self._clock = clock
        self._ends = ends

    async def __call__(
        self,
        url: str,
        key: str,
        *,
        retries: Retries = EXACT,
        answers_within: float = 60.0,
    ) -> Client:
        """No answer takes as long as that by itself: what times out was held by the test."""
        options: dict[str, Any] = {
            "retries": retries,
            "timeout": answers_within,
            "clock": self._clock,
        }
        if self._which is Bellwire:
            # Without the machine's proxies; reading certificates for http takes time.
            http = self._ends.enter_context(httpx.Client(trust_env=False, verify=False))  # noqa: S501
            options |= {"http": http, "sleep": self._clock.sleep}
            return self._ends.enter_context(Bellwire(url, key, **options))
        http_async = httpx.AsyncClient(trust_env=False, verify=False)  # noqa: S501
        await self._ends.enter_async_context(http_async)
        options |= {"http": http_async, "sleep": self._clock.sleep_async}
        return await self._ends.enter_async_context(AsyncBellwire(url, key, **options))


async def done(given: T | Awaitable[T]) -> T:
    """The result, of either client: `await done(client.send(…))`.

    The synchronous one holds this loop up, and nothing else: servers and proxies are elsewhere.
    """
    return await given if isinstance(given, Awaitable) else given


@asynccontextmanager
async def running(
    job: RunningJob | AsyncRunningJob,
) -> AsyncIterator[RunningJob | AsyncRunningJob]:
    """`async with running(client.job(…)) as job`, of either client."""
    if isinstance(job, RunningJob):
        with job as sync_job:
            yield sync_job
    else:
        async with job as async_job:
            yield async_job
