"""Notices: members who should be notified of a message outside the room.

These are mentioned members and members who were offline when the message arrived. `chat.rooms` does
not know how people are notified: the composition root registers notifiers and observers.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from chat.people import selectors as people
from chat.rooms import limits, sql
from chat.rooms.models import Message, Room
from realtime import presence, unit_of_work

logger = logging.getLogger(__name__)


class Reason(StrEnum):
    """Why a member is notified."""

    MENTIONED = "mentioned"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Notice:
    """A message, and the members to notify of it for one reason."""

    reason: Reason
    room: Room
    message: Message
    user_ids: Sequence[int]


Notifier = Callable[[Notice], None]


class MessageObserver(Protocol):
    """Keeps earlier notifications consistent with their messages.

    Called in the transaction that changes the message. Unlike a notifier, an observer that raises
    rolls the change back: its notifications quote the message's text.
    """

    def message_edited(self, message: Message) -> Collection[int]:
        """The message's text and mentions have changed.

        Returns the ids of all users who were ever notified that it mentions them.
        """
        ...

    def messages_deleted(self, message_ids: Sequence[int]) -> None:
        """The messages' contents are deleted."""
        ...

    def room_read(self, room: Room, user_id: int, offset: int) -> None:
        """The user has read the room up to an offset of its topic."""
        ...


_notifiers: list[Notifier] = []
_observers: list[MessageObserver] = []


def register_notifier(notifier: Notifier) -> None:
    """Have `notifier` called for every notice, within the message's transaction."""
    _notifiers.append(notifier)


def register_observer(observer: MessageObserver) -> None:
    """Have `observer` called when messages are edited, deleted or read."""
    _observers.append(observer)


def notify_members(room: Room, message: Message) -> None:
    """Notify mentioned and offline members of a new message. The caller holds the room's lock.

    If a notifier raises, its own writes are rolled back and the message is kept.
    """
    if not _notifiers:
        return
    mentioned = [user_id for user_id in message.mentions if user_id != message.user_id]
    away = _away_members(room, message, exclude=mentioned)
    blocking = people.blockers(message.user_id, among=[*mentioned, *away])
    for reason, wanted in ((Reason.MENTIONED, mentioned), (Reason.AWAY, away)):
        _notify(Notice(reason, room, message, [one for one in wanted if one not in blocking]))


def update_notices(room: Room, message: Message, mentioned_before: Collection[int]) -> None:
    """Update the notices of an edited message. The caller holds the room's lock.

    Members whom only the new text mentions are notified, each once, however often the message is
    edited back and forth.
    """
    notified = {one for observer in _observers for one in observer.message_edited(message)}
    known = {*mentioned_before, *notified, message.user_id}
    added = [user_id for user_id in message.mentions if user_id not in known]
    blocking = people.blockers(message.user_id, among=added) if added else ()
    wanted = [one for one in added if one not in blocking]
    _notify(Notice(Reason.MENTIONED, room, message, wanted))


def revoke_notices(message_ids: Sequence[int]) -> None:
    """Revoke the notices of deleted messages. The caller holds their room's lock."""
    for observer in _observers:
        observer.messages_deleted(message_ids)


def mark_notices_read(room: Room, user_id: int, offset: int) -> None:
    """Mark a user's notices of messages up to an offset as read. The caller holds the lock."""
    for observer in _observers:
        observer.room_read(room, user_id, offset)


def _notify(notice: Notice) -> None:
    if not notice.user_ids:
        return
    for notifier in _notifiers:
        try:
            with unit_of_work():
                notifier(notice)
        except Exception:
            logger.exception("Members were not notified of message %d", notice.message.pk)


def _away_members(room: Room, message: Message, *, exclude: Sequence[int]) -> list[int]:
    """Offline members who had read everything: one notification, not one for every message."""
    found = sql.caught_up(
        room_id=room.pk,
        author_id=message.user_id or 0,
        before=message.offset,
        most=limits.OFFLINE_NOTICES,
    )
    if not found:
        return []
    excluded = {*exclude, *presence.online(room.topic)}
    return [user_id for user_id in found if user_id not in excluded]
