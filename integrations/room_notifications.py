"""Turns notices of rooms into notifications; neither package imports the other."""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext_noop as _

from chat.rooms import limits
from chat.rooms.models import Membership, Message, Room
from chat.rooms.notices import Notice, Reason
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
    (Reason.MENTIONED, "room"): _("%(author)s mentioned you in %(room)s"),
    (Reason.MENTIONED, "direct"): _("%(author)s mentioned you"),
    (Reason.AWAY, "room"): _("New messages in %(room)s"),
    (Reason.AWAY, "direct"): _("New messages from %(author)s"),
}
# Key of the message's id in a notification's data.
_MESSAGE_ID = "message_id"


def register_texts() -> None:
    """Register the titles. Called once, from `AppConfig.ready`."""
    for (reason, where), text in _TEXTS.items():
        register_text(f"rooms.{reason}.{where}", text)


def notify(notice: Notice) -> None:
    """Notify the members of a notice, with a link to the room."""
    room, message = notice.room, notice.message
    author = shorten(message.user.display_name if message.user else "", limits.NOTICE_NAME_CHARS)
    where = "room" if room.name else "direct"
    title = Template(f"rooms.{notice.reason}.{where}", {"author": author, "room": room.name})
    content = Content(
        type=TYPE,
        title_template=title,
        message=_excerpt(message),
        link=f"/rooms/{room.pk}",
        reference_id=str(room.pk),
        reference_type=REFERENCE_TYPE,
        data={"room_id": room.pk, _MESSAGE_ID: message.pk, "why": str(notice.reason)},
        # At most one unread "new messages" notification per room.
        collapse_key=f"room:{room.pk}" if notice.reason is Reason.AWAY else "",
    )
    send(
        sender=_sender(message.pk),
        to=Recipients(RecipientKind.USER_ID, notice.user_ids),
        content=content,
    )


class NotificationObserver:
    """Keeps notifications consistent with their messages (`chat.rooms.notices.MessageObserver`)."""

    def message_edited(self, message: Message) -> Collection[int]:
        """Update the notifications to the new text, or revoke them.

        A member keeps a mention while the message mentions them, and a "new messages" notification
        while it does not. All others are revoked.
        """
        mentioned = set(message.mentions)
        members = Membership.objects.filter(room=message.room_id)

        def keeps(row: Notification) -> bool:
            # A member whom the edit mentions gets a mention in place of "new messages".
            fits = (row.user_id in mentioned) is _is_mention(row)
            return fits and members.filter(user=row.user_id).exists()

        sent = amend(sender=_sender(message.pk), message=_excerpt(message), decide=keeps)
        return {row.user_id for row in sent if row.user_id is not None and _is_mention(row)}

    def messages_deleted(self, message_ids: Sequence[int]) -> None:
        """Revoke their notifications, which quote the messages."""
        revoke_all(senders=[_sender(message_id) for message_id in message_ids])

    def room_read(self, room: Room, user_id: int, offset: int) -> None:
        """Mark notifications of messages up to the offset as read."""
        unread = selectors.unread_about(
            user_id, type_name=TYPE, reference_type=REFERENCE_TYPE, reference_id=str(room.pk)
        )
        message_ids = {row.pk: row.data.get(_MESSAGE_ID) for row in unread}
        if not message_ids:
            return
        known = [message_id for message_id in message_ids.values() if isinstance(message_id, int)]
        messages = Message.objects.filter(room=room, pk__in=known, offset__lte=offset)
        read = set(messages.values_list("pk", flat=True))
        ids = [row_id for row_id, message_id in message_ids.items() if message_id in read]
        mark_some_read(user_id=user_id, notification_ids=ids)


def _excerpt(message: Message) -> str:
    return cut(message.content.strip(), limits.NOTICE_CHARS)


def _is_mention(row: Notification) -> bool:
    return bool(row.data.get("why") == Reason.MENTIONED)


def _sender(message_id: int) -> str:
    """The sender of a message's notifications, by which they are found again."""
    return f"rooms:{message_id}"
