"""The calls, one function each: from arguments to a `Call`. Pure.

Both clients take their methods, signatures and docstrings from here. Arguments that are None are
not sent; the server then applies its default.
"""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec

from bellwire_client.call import Call, encode, segment
from bellwire_client.results import Batch, Failed, Job, JobStatus, Sent

P = ParamSpec("P")

NOTIFICATIONS = "/api/v1/notifications"
JOBS = "/api/v1/jobs"


def send(
    *,
    type: str,  # noqa: A002 - the field's name
    message: str,
    user_ids: Iterable[int] | None = None,
    external_ids: Iterable[str] | None = None,
    usernames: Iterable[str] | None = None,
    broadcast: bool = False,
    title: str | None = None,
    link: str | None = None,
    reference_id: str | None = None,
    reference_type: str | None = None,
    data: Mapping[str, Any] | None = None,
    collapse_key: str | None = None,
    expires_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> Call[Sent]:
    """Send one notification to up to 10,000 users, or with `broadcast=True` to everyone.

    Recipients are given in one of three ways: `user_ids`, `external_ids` (the issuer's `sub`;
    unknown ones are created) or `usernames`. Either all of them get it or none. Without a title it
    has the title of its type. With a `collapse_key` it replaces the unread one with the same key;
    `expires_at` is a time with its zone.

    Every call has an `Idempotency-Key`, so retries send once. If you pass one (an order's number,
    say), a second call with it within 24 hours does not send again either.

    Raises `BellwireError`; ValueError or TypeError for invalid arguments.
    """
    body = {
        "user_ids": _listed("user_ids", user_ids),
        "external_ids": _listed("external_ids", external_ids),
        "usernames": _listed("usernames", usernames),
        "broadcast": broadcast or None,
        "type": type,
        "title": title,
        "message": message,
        "link": link,
        "reference_id": reference_id,
        "reference_type": reference_type,
        "data": None if data is None else dict(data),
        "collapse_key": collapse_key,
        "expires_at": _instant(expires_at),
    }
    return Call("POST", f"{NOTIFICATIONS}/send", Sent.of, encode(body), _key(idempotency_key))


@dataclass(frozen=True, slots=True)
class Item:
    """One notification of a `send_many`, made by `item`. `body` is its JSON object."""

    body: bytes
    recipients: int
    idempotency_key: str


def _item_of(build: Callable[P, Call[Sent]]) -> Callable[P, Item]:
    """Return the function that makes an item from the arguments of a `send`."""

    def item(*args: P.args, **kwargs: P.kwargs) -> Item:
        """Return one notification for `send_many`; the arguments are those of `send`.

        Raises ValueError or TypeError for invalid arguments.
        """
        call = build(*args, **kwargs)
        fields: dict[str, Any] = json.loads(call.body or b"{}")
        key = call.idempotency_key or ""
        lists = (fields.get(name, ()) for name in ("user_ids", "external_ids", "usernames"))
        return Item(encode({**fields, "idempotency_key": key}), sum(map(len, lists)), key)

    return item


item = _item_of(send)


def send_many(items: Iterable[Item], *, atomic: bool = True) -> Call[tuple[Sent | Failed, ...]]:
    """Send up to 1,000 different notifications, each made by `item`, in one transaction.

    With `atomic` all of them are sent or none; otherwise each by itself, and the result of one that
    could not be sent is a `Failed`. Results are in the order of the items. Together they may have
    50,000 recipients.

    Every item has an idempotency key, so retries send once. Raises `BellwireError`; with `atomic`
    the first bad item is named in `errors` by its place (`items.3.type`).
    """
    listed = list(items)
    if not listed:
        raise ValueError("expected at least one item, got none")
    text = b",".join(each.body for each in listed)
    body = b'{"atomic":%s,"items":[%s]}' % (b"true" if atomic else b"false", text)
    return Call("POST", f"{NOTIFICATIONS}/send-many", _results, body)


def _results(body: Mapping[str, Any]) -> tuple[Sent | Failed, ...]:
    return tuple(Failed.of(each) if "code" in each else Sent.of(each) for each in body["results"])


def sent(batch_id: str) -> Call[Batch]:
    """Return how many recipients have read, and deleted, a batch of this service.

    Raises `BellwireError`: `NotFoundError` if this service has no such batch.
    """
    return Call("GET", f"{NOTIFICATIONS}/sent/{segment(batch_id)}", Batch.of)


def revoke(batch_id: str) -> Call[None]:
    """Delete a batch for everyone; it disappears from open pages at once.

    Repeating it changes nothing. Raises `BellwireError`: `NotFoundError` if this service has no
    such batch.
    """
    return Call("DELETE", f"{NOTIFICATIONS}/sent/{segment(batch_id)}", _nothing)


def create_job(
    *,
    title: str,
    user_id: int | None = None,
    external_id: str | None = None,
    username: str | None = None,
    user_ids: Iterable[int] | None = None,
    external_ids: Iterable[str] | None = None,
    usernames: Iterable[str] | None = None,
    type: str | None = None,  # noqa: A002 - the field's name
    status: JobStatus | str | None = None,
    message: str | None = None,
    link: str | None = None,
    idempotency_key: str | None = None,
) -> Call[Job]:
    """Show one user, or several as a list, that a job has begun.

    Recipients are given in one of three ways. All of them see a progress bar, moved by
    `update_job`, and a notification at the end: of the given type, else `PRISM_TASK_COMPLETED`,
    `PRISM_TASK_FAILED` or `PRISM_TASK_CANCELLED`. The job is queued, unless `status` is running.
    `job` does all of this, from beginning to end.

    Retries create it once, as with `send`. Raises `BellwireError`.
    """
    body = {
        "user_id": user_id,
        "external_id": external_id,
        "username": username,
        "user_ids": _listed("user_ids", user_ids),
        "external_ids": _listed("external_ids", external_ids),
        "usernames": _listed("usernames", usernames),
        "title": title,
        "type": type,
        "status": _status(status),
        "message": message,
        "link": link,
    }
    return Call("POST", JOBS, Job.of, encode(body), _key(idempotency_key))


def update_job(
    id: int,  # noqa: A002 - the field's name
    *,
    status: JobStatus | str | None = None,
    progress: float | None = None,
    message: str | None = None,
    link: str | None = None,
) -> Call[Job]:
    """Report on a job of this service; omitted fields keep their values.

    `status` is queued, running, succeeded, failed or cancelled; `progress` goes from 0 to 1. Report
    at least every 10 minutes, or the job is marked stale. If the result has `cancel_requested`,
    stop, and end the job as cancelled. Raises `BellwireError`: `ConflictError` if it is finished.
    """
    body = {
        "status": _status(status),
        "progress": progress,
        "message": message,
        "link": link,
    }
    return Call("PATCH", f"{JOBS}/{segment(id)}", Job.of, encode(body))


def _listed(name: str, given: Iterable[Any] | None) -> list[Any] | None:
    if isinstance(given, str):
        # A string is an iterable of strings, and would address a user called "a".
        raise TypeError(f"expected a list as {name}, got the text {given!r}")
    return None if given is None else list(given)


def _status(given: JobStatus | str | None) -> str | None:
    return None if given is None else str(given)


def _instant(value: datetime | None) -> str | None:
    if value is not None and value.utcoffset() is None:
        raise ValueError(f"expected a time with its zone as expires_at, got {value.isoformat()}")
    return None if value is None else value.isoformat()


def _key(given: str | None) -> str:
    if given is None:
        return uuid.uuid4().hex
    if not (given and given.isascii() and given.isprintable()):
        raise ValueError(f"expected printable ASCII as idempotency_key, got {given!r}")
    return given


def _nothing(_: Any) -> None:
    return None
