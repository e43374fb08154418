"""A job that is reported on while it runs: what is said, and what is forgiven. No I/O."""

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

# What a bar that does not move for a moment is no reason to end the work for.
PASSING = (TransportError, ServerError, RateLimitedError)


class Running:
    """A job from its creation, when the `with` begins, to its end, when the `with` does.

    It ends as succeeded, or as failed where an error leaves the block; the error goes on. What is
    given to create it is what `create_job` takes.

        with client.job(user_id=42, title="Sales report") as job:
            job.progress(0.4, "48,210 rows read")
    """

    def __init__(self, opening: Call[Job]) -> None:
        self._opening = opening
        self._job: Job | None = None
        self._ended = False

    @property
    def job(self) -> Job:
        """As the server last told it."""
        if self._job is None:
            raise RuntimeError("expected to be inside `with client.job(…)`: it has not begun")
        return self._job

    @property
    def id(self) -> int:
        return self.job.id

    @property
    def cancel_requested(self) -> bool:
        """Whether a recipient wants it to end, as of the last report that was answered."""
        return self.job.cancel_requested

    def _moving(self, value: float, message: str | None, link: str | None) -> Call[Job]:
        # A sum of parts may be a hair beyond the whole.
        within = min(max(value, 0.0), 1.0)
        call = update_job(
            self.id, status=JobStatus.RUNNING, progress=within, message=message, link=link
        )
        return replace(call, hurried=True)

    def _ending(self, status: JobStatus, message: str | None, link: str | None) -> Call[Job]:
        return update_job(self.id, status=status, message=message, link=link)

    def _closing(self, error: BaseException | None) -> Call[Job] | None:
        """What is left to say when the `with` ends; None where it was said."""
        if self._ended:
            return None
        if error is None:
            return self._ending(JobStatus.SUCCEEDED, None, None)
        # Without the error's words: they are written for programmers, and shown to users.
        call = self._ending(JobStatus.FAILED, None, None)
        # Whoever interrupts or cancels the work does not want to wait.
        return replace(call, hurried=not isinstance(error, Exception))

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except PASSING as error:
            logger.warning("A job's progress was not reported: %s", error)

    @contextmanager
    def _last_word(self) -> Iterator[None]:
        """What may have been heard is not contradicted when the block ends."""
        self._ended = True
        try:
            yield
        except ApiError as error:
            self._ended = isinstance(error, ServerError)
            raise

    @contextmanager
    def _behind(self, error: BaseException | None) -> Iterator[None]:
        """An error of the work is not to be hidden by one of its report."""
        try:
            yield
        except BellwireError as later:
            if error is None:
                raise
            logger.warning("A job's failure was not reported: %s", later)
