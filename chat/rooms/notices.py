"""Who is to be told of a message elsewhere: whom it names, and who was away when it came.

Rooms do not know how people are notified: somebody who does registers a notifier.
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


class Follower(Protocol):
    """Keeps what was told of messages as the messages are, in the transaction that changes them.

    Unlike the telling, none of it may fail alone: what was told shows a message's text.
    """

    def message_edited(self, message: Message) -> Collection[int]:
        """The message has another text, and names others. Returns who was ever told that it named
        them."""
        ...

    def messages_deleted(self, message_ids: Sequence[int]) -> None:
        """The messages' texts are gone."""
        ...

    def room_read(self, room: Room, user_id: int, offset: int) -> None:
        """The user has read the room up to an offset of its topic."""
        ...


_notifiers: list[Notifier] = []
_followers: list[Follower] = []


def register_notifier(notifier: Notifier) -> None:
    """Have `notifier` called for every notice, within the message's transaction."""
    _notifiers.append(notifier)


def register_follower(follower: Follower) -> None:
    """Have `follower` called for all that happens to messages of which something was told."""
    _followers.append(follower)


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
        _notify(Notice(why, room, message, [one for one in wanted if one not in unwilling]))


def follow_edit(room: Room, message: Message, mentioned_before: Collection[int]) -> None:
    """Have what was told of a message follow its edit; the room is held.

    Whom the new text names and the old one did not is told, but nobody twice, however often the
    message is edited back and forth.
    """
    told = {one for follower in _followers for one in follower.message_edited(message)}
    known = {*mentioned_before, *told, message.user_id}
    added = [user_id for user_id in message.mentions if user_id not in known]
    unwilling = people.blockers(message.user_id, among=added) if added else ()
    willing = [one for one in added if one not in unwilling]
    _notify(Notice(Why.MENTIONED, room, message, willing))


def follow_deletion(message_ids: Sequence[int]) -> None:
    """Have what was told of messages go with them; their room is held."""
    for follower in _followers:
        follower.messages_deleted(message_ids)


def follow_reading(room: Room, user_id: int, offset: int) -> None:
    """Have what was told of a room be read with it, up to an offset; the room is held."""
    for follower in _followers:
        follower.room_read(room, user_id, offset)


def _notify(notice: Notice) -> None:
    if not notice.user_ids:
        return
    for notifier in _notifiers:
        try:
            with unit_of_work():
                notifier(notice)
        except Exception:
            logger.exception("Members were not notified of message %d", notice.message.pk)


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
