"""Who is to be told of a message elsewhere: whom it names, and who was away when it came.

Rooms do not know how people are notified: somebody who does registers a notifier.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chat.people import selectors as people
from chat.rooms import limits, sql
from chat.rooms.models import Message, Room
from realtime import presence
from realtime.publishing import unit_of_work

logger = logging.getLogger(__name__)


class Why(StrEnum):
    """Why somebody is told."""

    MENTIONED = "mentioned"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Notice:
    """A message, and those who are to be told of it for one reason."""

    why: Why
    room: Room
    message: Message
    user_ids: Sequence[int]


Notifier = Callable[[Notice], None]
Withdrawer = Callable[[Message], None]
_notifiers: list[Notifier] = []
_withdrawers: list[Withdrawer] = []


def register_notifier(notifier: Notifier) -> None:
    """Have `notifier` called for every notice, within the message's transaction."""
    _notifiers.append(notifier)


def register_withdrawer(withdrawer: Withdrawer) -> None:
    """Have `withdrawer` called for every message that is deleted, within that transaction."""
    _withdrawers.append(withdrawer)


def give(room: Room, message: Message) -> None:
    """Tell whoever should hear of a message that has just been stored; the room is held.

    A notifier that fails takes its own writes back, and the message stands.
    """
    if not _notifiers:
        return
    mentioned = [user_id for user_id in message.mentions if user_id != message.user_id]
    away = _away(room, message, besides=mentioned)
    unwilling = people.blockers(message.user_id, among=[*mentioned, *away])
    for why, wanted in ((Why.MENTIONED, mentioned), (Why.AWAY, away)):
        user_ids = [user_id for user_id in wanted if user_id not in unwilling]
        if not user_ids:
            continue
        for notifier in _notifiers:
            try:
                with unit_of_work():
                    notifier(Notice(why, room, message, user_ids))
            except Exception:
                logger.exception("Members were not notified of message %d", message.pk)


def take_back(message: Message) -> None:
    """Whatever was told of a message shows its text: it goes with the message, whose room is held.

    Unlike the telling, it may not fail alone.
    """
    for withdrawer in _withdrawers:
        withdrawer(message)


def _away(room: Room, message: Message, *, besides: Sequence[int]) -> list[int]:
    """Members who are not looking and had read everything: told once, not at every message."""
    found = sql.caught_up(
        room_id=room.pk,
        author_id=message.user_id or 0,
        before=message.offset,
        most=limits.OFFLINE_NOTICES,
    )
    if not found:
        return []
    apart = {*besides, *presence.online(room.topic)}
    return [user_id for user_id in found if user_id not in apart]
