"""Rooms know no notifications, and notifications know no rooms: here a notice becomes one."""

from django.utils.translation import gettext_noop as _

from chat.rooms import limits
from chat.rooms.models import Message
from chat.rooms.notices import Notice, Why
from notifications.services import By, Content, Recipients, revoke_all, send
from notifications.texts import Template, register_text

TYPE = "mention"
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
    author = message.user.display_name if message.user else ""
    where = "room" if room.name else "direct"
    title = Template(f"rooms.{notice.why}.{where}", {"author": author, "room": room.name})
    content = Content(
        type=TYPE,
        title_template=title,
        message=message.content[: limits.NOTICE_CHARS],
        link=f"/rooms/{room.pk}",
        reference_id=str(room.pk),
        reference_type="room",
        data={"room_id": room.pk, _ABOUT: message.pk, "why": str(notice.why)},
        # Of what one missed in a room one is told once, however often one was away.
        collapse_key=f"room:{room.pk}" if notice.why is Why.AWAY else "",
    )
    send(sender=_sender(message), to=Recipients(By.USER_ID, notice.user_ids), content=content)


def take_back(message: Message) -> None:
    """Have what was sent of a message vanish: it was deleted, and they show its text."""
    revoke_all(sender=_sender(message), about=(_ABOUT, message.pk))


def _sender(message: Message) -> str:
    """Of one message alone: by it, what was sent of it is found again."""
    return f"rooms:{message.pk}"
