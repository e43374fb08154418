"""Typed responses. A response that does not match raises; outcomes.py translates the exception."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from bellwire_client.errors import STATUS_OF_CODE, ApiError, error_class


@dataclass(frozen=True, slots=True)
class Sent:
    """The result of a `send`: one id per recipient, in the order given; one for a broadcast.

    Keep `batch_id` to follow or revoke the notifications.
    """

    batch_id: str
    count: int
    ids: tuple[int, ...]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        return cls(
            batch_id=str(body["batch_id"]),
            count=int(body["count"]),
            ids=tuple(int(each) for each in body["ids"]),
        )


@dataclass(frozen=True, slots=True)
class Failed:
    """An item of a `send_many` that could not be sent, with its error as of a `send`."""

    code: str
    message: str
    errors: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        errors = body.get("errors") or {}
        return cls(
            code=str(body["code"]),
            message=str(body["message"]),
            errors={str(field): [str(m) for m in messages] for field, messages in errors.items()},
        )

    def error(self, idempotency_key: str | None = None) -> ApiError:
        """Return the exception that a `send` of the item would have raised."""
        status = STATUS_OF_CODE.get(self.code, 400)
        return error_class(status)(
            self.code,
            self.message,
            status=status,
            errors=self.errors,
            idempotency_key=idempotency_key,
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """The state of a batch: how many of its `count` recipients have read and deleted it.

    A notification is deleted by its recipient, a newer one, its expiry, or revoking.
    """

    batch_id: str
    count: int
    read: int
    deleted: int

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        return cls(
            batch_id=str(body["batch_id"]),
            count=int(body["count"]),
            read=int(body["read"]),
            deleted=int(body["deleted"]),
        )


class JobStatus(StrEnum):
    """A job's status. The server marks one `STALE` after 10 minutes without a report."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Job:
    """Something that users wait for. `progress` goes from 0 to 1; an omitted message is "".

    `user_id` is the first of `user_ids`, who all see it. If `cancel_requested` is true, one of them
    wants the job to end: stop the work and report `CANCELLED`.
    """

    id: int
    user_id: int
    title: str
    status: JobStatus
    progress: float
    message: str
    link: str | None
    type: str | None
    created_at: datetime
    updated_at: datetime
    user_ids: tuple[int, ...] = ()
    cancel_requested: bool = False

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        return cls(
            id=int(body["id"]),
            user_id=int(body["user_id"]),
            title=str(body["title"]),
            status=JobStatus(body["status"]),
            progress=float(body["progress"]),
            message=str(body["message"]),
            link=body["link"],
            type=body["type"],
            created_at=datetime.fromisoformat(body["created_at"]),
            updated_at=datetime.fromisoformat(body["updated_at"]),
            # A server of an earlier release sends neither.
            user_ids=tuple(int(each) for each in body.get("user_ids", [body["user_id"]])),
            cancel_requested=bool(body.get("cancel_requested", False)),
        )
