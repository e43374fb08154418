"""The two shells of a running job: `with` and `async with`. What they say is in running.py."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from bellwire_client.call import Call
from bellwire_client.results import Job, JobStatus
from bellwire_client.running import Running


class RunningJob(Running):
    __doc__ = Running.__doc__

    def __init__(self, ask: Callable[[Call[Job]], Job], opening: Call[Job]) -> None:
        super().__init__(opening)
        self._ask = ask

    def __enter__(self) -> Self:
        self._job = self._ask(self._opening)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if (call := self._closing(error)) is not None:
            with self._behind(error):
                self._job = self._ask(call)

    def progress(
        self, value: float, message: str | None = None, *, link: str | None = None
    ) -> None:
        """Move the bar, from 0 to 1. Where that cannot be delivered the work goes on without it."""
        call = self._moving(value, message, link)
        with self._forgiving():
            self._job = self._ask(call)

    def succeed(self, message: str | None = None, *, link: str | None = None) -> None:
        """End it now, with words and a link of your own; the end of the block then adds nothing."""
        self._end(JobStatus.SUCCEEDED, message, link)

    def fail(self, message: str | None = None, *, link: str | None = None) -> None:
        """End it now as failed, with a reason that the user can do something with."""
        self._end(JobStatus.FAILED, message, link)

    def cancel(self, message: str | None = None, *, link: str | None = None) -> None:
        """End it now as cancelled, as one does who has seen `cancel_requested`."""
        self._end(JobStatus.CANCELLED, message, link)

    def _end(self, status: JobStatus, message: str | None, link: str | None) -> None:
        call = self._ending(status, message, link)
        with self._last_word():
            self._job = self._ask(call)


class AsyncRunningJob(Running):
    __doc__ = Running.__doc__

    def __init__(self, ask: Callable[[Call[Job]], Awaitable[Job]], opening: Call[Job]) -> None:
        super().__init__(opening)
        self._ask = ask

    async def __aenter__(self) -> Self:
        self._job = await self._ask(self._opening)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if (call := self._closing(error)) is not None:
            with self._behind(error):
                self._job = await self._ask(call)

    async def progress(
        self, value: float, message: str | None = None, *, link: str | None = None
    ) -> None:
        """Move the bar, from 0 to 1. Where that cannot be delivered the work goes on without it."""
        call = self._moving(value, message, link)
        with self._forgiving():
            self._job = await self._ask(call)

    async def succeed(self, message: str | None = None, *, link: str | None = None) -> None:
        """End it now, with words and a link of your own; the end of the block then adds nothing."""
        await self._end(JobStatus.SUCCEEDED, message, link)

    async def fail(self, message: str | None = None, *, link: str | None = None) -> None:
        """End it now as failed, with a reason that the user can do something with."""
        await self._end(JobStatus.FAILED, message, link)

    async def cancel(self, message: str | None = None, *, link: str | None = None) -> None:
        """End it now as cancelled, as one does who has seen `cancel_requested`."""
        await self._end(JobStatus.CANCELLED, message, link)

    async def _end(self, status: JobStatus, message: str | None, link: str | None) -> None:
        call = self._ending(status, message, link)
        with self._last_word():
            self._job = await self._ask(call)
