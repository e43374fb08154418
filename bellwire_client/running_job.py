"""The rules of a running job: what is reported, and which errors are ignored. No I/O."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from bellwire_client.call import Call
from bellwire_client.calls import update_job
from bellwire_client.errors import (
    ApiError,
    BellwireError,
    RateLimitedError,
    ServerError,
    TransportError,
)
from bellwire_client.results import Job, JobStatus

logger = logging.getLogger("bellwire_client")

# Errors of a progress report that are no reason to end the work.
TRANSIENT = (TransportError, ServerError, RateLimitedError)


class Running:
    """A job, created when the `with` block begins and finished when it ends.

    It succeeds, or fails if an exception leaves the block; the exception is propagated. The
    arguments are those of `create_job`.

        with client.job(user_id=42, title="Sales report") as job:
            job.progress(0.4, "48,210 rows read")
    """

    def __init__(self, create_call: Call[Job]) -> None:
        self._create_call = create_call
        self._job: Job | None = None
        self._ended = False

    @property
    def job(self) -> Job:
        """Return the job as of the server's last response."""
        if self._job is None:
            raise RuntimeError("expected to be inside `with client.job(…)`: it has not begun")
        return self._job

    @property
    def id(self) -> int:
        return self.job.id

    @property
    def cancel_requested(self) -> bool:
        """Whether a recipient wants the job to end, as of the server's last response."""
        return self.job.cancel_requested

    def _progress_call(self, value: float, message: str | None, link: str | None) -> Call[Job]:
        # A sum of parts may exceed 1 by a rounding error.
        within = min(max(value, 0.0), 1.0)
        call = update_job(
            self.id, status=JobStatus.RUNNING, progress=within, message=message, link=link
        )
        return replace(call, hurried=True)

    def _end_call(self, status: JobStatus, message: str | None, link: str | None) -> Call[Job]:
        return update_job(self.id, status=status, message=message, link=link)

    def _exit_call(self, error: BaseException | None) -> Call[Job] | None:
        """Return the report for the end of the block; None if the job has been ended."""
        if self._ended:
            return None
        if error is None:
            return self._end_call(JobStatus.SUCCEEDED, None, None)
        # Without the exception's message: it is for programmers, and would be shown to users.
        call = self._end_call(JobStatus.FAILED, None, None)
        # An interrupted or cancelled program should not wait for retries.
        return replace(call, hurried=not isinstance(error, Exception))

    @contextmanager
    def _ignoring_transient(self) -> Iterator[None]:
        try:
            yield
        except TRANSIENT as error:
            logger.warning("A job's progress was not reported: %s", error)

    @contextmanager
    def _reporting_end(self) -> Iterator[None]:
        """Report the end; it is not contradicted later, unless the server has refused it."""
        self._ended = True
        try:
            yield
        except ApiError as error:
            self._ended = isinstance(error, ServerError)
            raise

    @contextmanager
    def _keeping_error(self, error: BaseException | None) -> Iterator[None]:
        """Keep an exception of the work from being hidden by one of its report."""
        try:
            yield
        except BellwireError as later:
            if error is None:
                raise
            logger.warning("A job's failure was not reported: %s", later)
