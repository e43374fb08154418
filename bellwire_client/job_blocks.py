"""A running job as a context manager: `with` and `async with`. running_job.py has the rules."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from bellwire_client.call import Call
from bellwire_client.results import Job, JobStatus
from bellwire_client.running_job import Running


class RunningJob(Running):
    __doc__ = Running.__doc__

    def __init__(self, send: Callable[[Call[Job]], Job], create_call: Call[Job]) -> None:
        super().__init__(create_call)
        self._send = send

    def __enter__(self) -> Self:
        self._job = self._send(self._create_call)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if (call := self._exit_call(error)) is not None:
            with self._keeping_error(error):
                self._job = self._send(call)

    def progress(
        self, value: float, message: str | None = None, *, link: str | None = None
    ) -> None:
        """Move the bar, from 0 to 1. If the report cannot be delivered, the work continues."""
        call = self._progress_call(value, message, link)
        with self._ignoring_transient():
            self._job = self._send(call)

    def succeed(self, message: str | None = None, *, link: str | None = None) -> None:
        """End the job now, with your own message and link; the end of the block then reports
        nothing.
        """
        self._end(JobStatus.SUCCEEDED, message, link)

    def fail(self, message: str | None = None, *, link: str | None = None) -> None:
        """End the job now as failed, with a reason that helps the user."""
        self._end(JobStatus.FAILED, message, link)

    def cancel(self, message: str | None = None, *, link: str | None = None) -> None:
        """End the job now as cancelled, after `cancel_requested`."""
        self._end(JobStatus.CANCELLED, message, link)

    def _end(self, status: JobStatus, message: str | None, link: str | None) -> None:
        call = self._end_call(status, message, link)
        with self._reporting_end():
            self._job = self._send(call)


class AsyncRunningJob(Running):
    __doc__ = Running.__doc__

    def __init__(self, send: Callable[[Call[Job]], Awaitable[Job]], create_call: Call[Job]) -> None:
        super().__init__(create_call)
        self._send = send

    async def __aenter__(self) -> Self:
        self._job = await self._send(self._create_call)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if (call := self._exit_call(error)) is not None:
            with self._keeping_error(error):
                self._job = await self._send(call)

    async def progress(
        self, value: float, message: str | None = None, *, link: str | None = None
    ) -> None:
        """Move the bar, from 0 to 1. If the report cannot be delivered, the work continues."""
        call = self._progress_call(value, message, link)
        with self._ignoring_transient():
            self._job = await self._send(call)

    async def succeed(self, message: str | None = None, *, link: str | None = None) -> None:
        """End the job now, with your own message and link; the end of the block then reports
        nothing.
        """
        await self._end(JobStatus.SUCCEEDED, message, link)

    async def fail(self, message: str | None = None, *, link: str | None = None) -> None:
        """End the job now as failed, with a reason that helps the user."""
        await self._end(JobStatus.FAILED, message, link)

    async def cancel(self, message: str | None = None, *, link: str | None = None) -> None:
        """End the job now as cancelled, after `cancel_requested`."""
        await self._end(JobStatus.CANCELLED, message, link)

    async def _end(self, status: JobStatus, message: str | None, link: str | None) -> None:
        call = self._end_call(status, message, link)
        with self._reporting_end():
            self._job = await self._send(call)
