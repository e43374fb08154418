"""The synchronous client."""

import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Self, TypeVar

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
from bellwire_client.job_blocks import RunningJob
from bellwire_client.outcomes import Outcome
from bellwire_client.results import Job, JobStatus
from bellwire_client.retries import RETRIES, Attempts, Retries
from bellwire_client.running_job import Running

P = ParamSpec("P")
T = TypeVar("T")


def _call_method(build: Callable[P, Call[T]]) -> Callable[Concatenate["Bellwire", P], T]:
    """Return the client's method that makes this call and returns its result."""

    def method(self: "Bellwire", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._send(build(*args, **kwargs))

    describe(method, build)
    return method


def _job_method(
    build: Callable[P, Call[Job]],
) -> Callable[Concatenate["Bellwire", P], "RunningJob"]:
    """Return the client's method that runs the job created by this call, for a `with`."""

    def method(self: "Bellwire", /, *args: P.args, **kwargs: P.kwargs) -> RunningJob:
        kwargs.setdefault("status", JobStatus.RUNNING)
        return RunningJob(self._send, build(*args, **kwargs))

    describe(method, build, name="job", doc=Running.__doc__)
    return method


class Bellwire:
    """A service's client: `url` is the server's, `key` the service's own.

    Create one and keep it: threads may share it, and it keeps connections open. Use it in `with`,
    or call `close` at the end. `http` is an httpx client with a proxy or certificates of your own,
    which you close yourself. `sleep` and `clock` are for tests.
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

    send = _call_method(calls.send)
    send_many = _call_method(calls.send_many)
    sent = _call_method(calls.sent)
    revoke = _call_method(calls.revoke)
    create_job = _call_method(calls.create_job)
    update_job = _call_method(calls.update_job)
    job = _job_method(calls.create_job)

    def close(self) -> None:
        """Close the connections. The client cannot be used afterwards."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Bellwire({self._transport.url!r})"

    def _send(self, call: Call[T]) -> T:
        """Send the call, with retries, and return its result. Raises `BellwireError`."""
        attempts = Attempts(call, self._retries, now=self._clock())
        while True:
            outcome = self._try(call)
            delay = attempts.next_delay(outcome, now=self._clock())
            if delay is None:
                return call.result(outcome)
            self._sleep(delay)

    def _try(self, call: Call[T]) -> Outcome:
        try:
            return answer_of(self._http.send(self._transport.request(self._http, call)))
        except httpx.RequestError as error:
            return failure_of(error)
