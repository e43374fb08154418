"""The asynchronous client, the counterpart of client.py for asyncio."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx

from bellwire_client import calls
from bellwire_client.call import Call
from bellwire_client.http_transport import (
    TIMEOUTS,
    HttpTransport,
    answer_of,
    describe,
    failure_of,
)
from bellwire_client.job_blocks import AsyncRunningJob
from bellwire_client.outcomes import Outcome
from bellwire_client.results import Job, JobStatus
from bellwire_client.retries import RETRIES, Attempts, Retries
from bellwire_client.running_job import Running

P = ParamSpec("P")
T = TypeVar("T")


def _call_method(
    build: Callable[P, Call[T]],
) -> Callable[Concatenate["AsyncBellwire", P], Coroutine[Any, Any, T]]:
    """Return the client's method that makes this call and returns its result."""

    async def method(self: "AsyncBellwire", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._send(build(*args, **kwargs))

    describe(method, build)
    return method


def _job_method(
    build: Callable[P, Call[Job]],
) -> Callable[Concatenate["AsyncBellwire", P], "AsyncRunningJob"]:
    """Return the client's method that runs the job created by this call, for an `async with`."""

    def method(self: "AsyncBellwire", /, *args: P.args, **kwargs: P.kwargs) -> AsyncRunningJob:
        kwargs.setdefault("status", JobStatus.RUNNING)
        return AsyncRunningJob(self._send, build(*args, **kwargs))

    describe(method, build, name="job", doc=Running.__doc__)
    return method


class AsyncBellwire:
    """A service's asynchronous client: `url` is the server's, `key` the service's own.

    Create one per event loop and keep it: tasks may share it, and it keeps connections open. Use it
    in `async with`, or call `aclose` at the end. `http` is an httpx client with a proxy or
    certificates of your own, which you close yourself. `sleep` and `clock` are for tests.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: httpx.Timeout | float = TIMEOUTS,
        retries: Retries = RETRIES,
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = HttpTransport(url, key, timeout)
        self._retries = retries
        self._http = httpx.AsyncClient() if http is None else http
        self._owns_http = http is None
        self._sleep = sleep
        self._clock = clock

    send = _call_method(calls.send)
    send_many = _call_method(calls.send_many)
    sent = _call_method(calls.sent)
    revoke = _call_method(calls.revoke)
    create_job = _call_method(calls.create_job)
    update_job = _call_method(calls.update_job)
    job = _job_method(calls.create_job)

    async def aclose(self) -> None:
        """Close the connections. The client cannot be used afterwards."""
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncBellwire({self._transport.url!r})"

    async def _send(self, call: Call[T]) -> T:
        """Send the call, with retries, and return its result. Raises `BellwireError`."""
        attempts = Attempts(call, self._retries, now=self._clock())
        while True:
            outcome = await self._try(call)
            delay = attempts.next_delay(outcome, now=self._clock())
            if delay is None:
                return call.result(outcome)
            await self._sleep(delay)

    async def _try(self, call: Call[T]) -> Outcome:
        try:
            return answer_of(await self._http.send(self._transport.request(self._http, call)))
        except httpx.RequestError as error:
            return failure_of(error)
