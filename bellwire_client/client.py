"""The synchronous client."""

import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Self, TypeVar

import httpx

from bellwire_client import calls
from bellwire_client.answers import Outcome
from bellwire_client.call import Call
from bellwire_client.http_transport import (
    TIMEOUTS,
    HttpTransport,
    answer_of,
    describe,
    failure_of,
)
from bellwire_client.jobs import RunningJob
from bellwire_client.results import Job, JobStatus
from bellwire_client.retries import RETRIES, Retries, Tries
from bellwire_client.running import Running

P = ParamSpec("P")
T = TypeVar("T")


def _asked(build: Callable[P, Call[T]]) -> Callable[Concatenate["Bellwire", P], T]:
    """The method that makes this call and waits for its result."""

    def method(self: "Bellwire", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._ask(build(*args, **kwargs))

    describe(method, build)
    return method


def _run(build: Callable[P, Call[Job]]) -> Callable[Concatenate["Bellwire", P], "RunningJob"]:
    """The method that makes the job which this call creates, for a `with`."""

    def method(self: "Bellwire", /, *args: P.args, **kwargs: P.kwargs) -> RunningJob:
        kwargs.setdefault("status", JobStatus.RUNNING)
        return RunningJob(self._ask, build(*args, **kwargs))

    describe(method, build, name="job", doc=Running.__doc__)
    return method


class Bellwire:
    """A service's way to Bellwire: `url` is the server's, `key` the service's own.

    Make one and keep it: threads may share it, and it keeps connections open. `with` it, or `close`
    it at the end. `http` is for a proxy or certificates of your own; who makes it closes it.
    `sleep` and `clock` are there for tests.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: httpx.Timeout | float = TIMEOUTS,
        retries: Retries = RETRIES,
        http: httpx.Client | None = None,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = HttpTransport(url, key, timeout)
        self._retries = retries
        self._http = httpx.Client() if http is None else http
        self._owns_http = http is None
        self._sleep = sleep
        self._clock = clock

    send = _asked(calls.send)
    sent = _asked(calls.sent)
    revoke = _asked(calls.revoke)
    create_job = _asked(calls.create_job)
    update_job = _asked(calls.update_job)
    job = _run(calls.create_job)

    def close(self) -> None:
        """Close its connections. It cannot be used afterwards."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Bellwire({self._transport.url!r})"

    def _ask(self, call: Call[T]) -> T:
        """Raises `BellwireError`."""
        tries = Tries(call, self._retries, now=self._clock())
        while True:
            outcome = self._try(call)
            wait = tries.wait_after(outcome, now=self._clock())
            if wait is None:
                return call.result(outcome)
            self._sleep(wait)

    def _try(self, call: Call[T]) -> Outcome:
        try:
            return answer_of(self._http.send(self._transport.request(self._http, call)))
        except httpx.RequestError as error:
            return failure_of(error)
