"""Bellwire for services: send notifications, follow and revoke them, report jobs.

    from bellwire_client import Bellwire

    with Bellwire("https://bellwire.example", key) as bellwire:
        bellwire.send(usernames=["alice"], type="ORDER_CREATED", message="Order 1042 is on its way")

`AsyncBellwire` is the same with `await`. The whole story is in docs/services.md.
"""

from bellwire_client.aio import AsyncBellwire
from bellwire_client.buffer import BufferedSender
from bellwire_client.calls import Item, item
from bellwire_client.client import Bellwire
from bellwire_client.errors import (
    ApiError,
    AuthError,
    BellwireError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    TooLargeError,
    TransportError,
    UnreadableError,
)
from bellwire_client.job_blocks import AsyncRunningJob, RunningJob
from bellwire_client.results import Batch, Failed, Job, JobStatus, Sent
from bellwire_client.retries import Retries
from bellwire_client.version import __version__

__all__ = [
    "Bellwire",
    "AsyncBellwire",
    "BufferedSender",
    "Item",
    "item",
    "RunningJob",
    "AsyncRunningJob",
    "Retries",
    "Sent",
    "Failed",
    "Batch",
    "Job",
    "JobStatus",
    "BellwireError",
    "TransportError",
    "UnreadableError",
    "ApiError",
    "InvalidError",
    "AuthError",
    "ForbiddenError",
    "NotFoundError",
    "ConflictError",
    "TooLargeError",
    "RateLimitedError",
    "ServerError",
    "__version__",
]
