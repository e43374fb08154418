"""Rooms know no notifications, and notifications know no rooms: here a notice becomes one."""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext_noop as _

from chat.rooms import limits
from chat.rooms.models import Membership, Message, Room
from chat.rooms.notices import Notice, Why
from notifications import selectors
from notifications.models import Notification
from notifications.services import (
    Content,
    RecipientKind,
    Recipients,
    amend,
    mark_some_read,
    revoke_all,
    send,
)
from notifications.texts import Template, register_text
from text.graphemes import cut, shorten

TYPE = "mention"
REFERENCE_TYPE = "room"
_TEXTS = {
    (Why.MENTIONED, "room"): _("%(author)s mentioned you in %(room)s"),
    (Why.MENTIONED, "direct"): _("%(author)s mentioned you"),
    (Why.AWAY, "room"): _("New messages in %(room)s"),
    (Why.AWAY, "direct"): _("New messages from %(author)s"),
}
# What the data of what is sent calls the message by.
_ABOUT = "message_id"


def register_texts() -> None:
    """Tell notifications. Once, when the apps are ready."""
    for (why, where), text in _TEXTS.items():
        register_text(f"rooms.{why}.{where}", text)


def notify(notice: Notice) -> None:
    """Send the members whom a message names, or who were away, to its room."""
    room, message = notice.room, notice.message
    author = shorten(message.user.display_name if message.user else "", limits.NOTICE_NAME_CHARS)
    where = "room" if room.name else "direct"
    title = Template(f"rooms.{notice.why}.{where}", {"author": author, "room": room.name})
    content = Content(
        type=TYPE,
        title_template=title,
        message=_excerpt(message),
        link=f"/rooms/{room.pk}",
        reference_id=str(room.pk),
        reference_type=REFERENCE_TYPE,
        data={"room_id": room.pk, _ABOUT: message.pk, "why": str(notice.why)},
        # Of what one missed in a room one is told once, however often one was away.
        collapse_key=f"room:{room.pk}" if notice.why is Why.AWAY else "",
    )
    send(
        sender=_sender(message.pk),
        to=Recipients(RecipientKind.USER_ID, notice.user_ids),
        content=content,
    )


class NoticeFollower:
    """Keeps the notifications of messages as the messages are (`chat.rooms.notices.Follower`)."""

    def message_edited(self, message: Message) -> Collection[int]:
        """Members keep the notification, with the new text, while the message names them or they
        were away; from others it is taken back."""
        named = set(message.mentions)
        members = Membership.objects.filter(room=message.room_id)

        def keeps(row: Notification) -> bool:
            # Whom the edit names is sent a mention in place of "new messages".
            fits = (row.user_id in named) is _is_mention(row)
            return fits and members.filter(user=row.user_id).exists()

        sent = amend(sender=_sender(message.pk), message=_excerpt(message), decide=keeps)
        return {row.user_id for row in sent if row.user_id is not None and _is_mention(row)}

    def messages_deleted(self, message_ids: Sequence[int]) -> None:
        """They show the messages' texts."""
        revoke_all(senders=[_sender(message_id) for message_id in message_ids])

    def room_read(self, room: Room, user_id: int, offset: int) -> None:
        """What tells of a message up to the offset is read."""
        unread = selectors.unread_about(
            user_id, type_name=TYPE, reference_type=REFERENCE_TYPE, reference_id=str(room.pk)
        )
        about = {row.pk: row.data.get(_ABOUT) for row in unread}
        if not about:
            return
        known = [message_id for message_id in about.values() if isinstance(message_id, int)]
        messages = Message.objects.filter(room=room, pk__in=known, offset__lte=offset)
        read = set(messages.values_list("pk", flat=True))
        ids = [row_id for row_id, message_id in about.items() if message_id in read]
        mark_some_read(user_id=user_id, notification_ids=ids)


def _excerpt(message: Message) -> str:
    return cut(message.content.strip(), limits.NOTICE_CHARS)


def _is_mention(row: Notification) -> bool:
    return bool(row.data.get("why") == Why.MENTIONED)


def _sender(message_id: int) -> str:
    """Of one message alone: by it, what was sent of it is found again."""
    return f"rooms:{message_id}"
