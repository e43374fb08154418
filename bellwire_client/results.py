"""What the server says, typed. Raises nothing of its own: `answers.py` names what does not fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Sent:
    """What a `send` did: one id for each recipient, in the order given; for a broadcast one.

    Keep `batch_id` to follow or to revoke it.
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
class Batch:
    """How far a batch has come: of `count` recipients so many have read it, so many are rid of it.

    It is deleted by its reader, by a newer one, by expiry, or by revoking.
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
    """`STALE` is what the server says of a job that nobody has reported on for 10 minutes."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Job:
    """Something that users wait for. `progress` goes from 0 to 1; a message not given is "".

    `user_id` is the first of `user_ids`, who all see it. Where `cancel_requested` is true one of
    them wants it to end: stop the work and report `CANCELLED`.
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
            # A server of an earlier release knows neither.
            user_ids=tuple(int(each) for each in body.get("user_ids", [body["user_id"]])),
            cancel_requested=bool(body.get("cancel_requested", False)),
        )
