"""Sending from the admin: to exactly the confirmed number of recipients, and only once."""

from dataclasses import dataclass

from notifications import limits
from notifications.services import idempotency
from notifications.services.audience import Audience, count_recipients, members
from notifications.services.idempotency import Once
from notifications.services.recipients import RecipientKind, Recipients
from notifications.services.send import Answer, Content, broadcast, send
from realtime import unit_of_work


class AudienceChangedError(Exception):
    """The number of recipients differs from the confirmed one; nothing was sent."""

    def __init__(self, count: int) -> None:
        super().__init__(f"expected another number of recipients, found {count}")
        self.count = count


@dataclass(frozen=True, slots=True)
class Announced:
    """What was sent to how many; `again` if an earlier request with the same key did it."""

    batch_id: str
    count: int
    again: bool


def announce(
    *, sender: str, to: Audience, content: Content, expected: int, once: Once
) -> Announced:
    """Send to `to`, all or nobody, as one batch, if the number of recipients is `expected`.

    A group of more than the 10,000 of a request is one batch as well, which is followed and revoked
    as a whole. Raises `AudienceChangedError`, and `ApiError` as `send` and `members` do.
    """
    with unit_of_work():
        claimed = idempotency.claim(sender=sender, once=once)
        if claimed.answer is not None:
            return Announced(**claimed.answer, again=True)
        count, answer = _send(sender, to, content, expected)
        # The ids are not needed here, and may be very many.
        idempotency.keep_answer(claimed, {"batch_id": answer.batch_id, "count": count})
        return Announced(answer.batch_id, count, again=False)


def _send(sender: str, to: Audience, content: Content, expected: int) -> tuple[int, Answer]:
    if to.is_everyone:
        count = count_recipients(to)
        # New users sign up all the time; the admin has confirmed everyone.
        if abs(count - expected) > expected * limits.EVERYONE_MAY_CHANGE:
            raise AudienceChangedError(count)
        return count, broadcast(sender=sender, content=content)
    users = members(to)
    if len(users) != expected:
        raise AudienceChangedError(len(users))
    return len(users), send(
        sender=sender, to=Recipients(RecipientKind.USER_ID, users), content=content
    )
