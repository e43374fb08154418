"""Rooms know no notifications, and notifications know no rooms: here a notice becomes one."""

from chat.rooms import limits
from chat.rooms.models import Message
from chat.rooms.notices import Notice, Why
from notifications.services import By, Content, Recipients, revoke_all, send

TYPE = "mention"
# What the data of what is sent calls the message by.
_ABOUT = "message_id"


def notify(notice: Notice) -> None:
    """Send the members whom a message names, or who were away, to its room."""
    room, message = notice.room, notice.message
    author = message.user.display_name if message.user else ""
    if notice.why is Why.MENTIONED:
        title = f"{author} mentioned you in {room.name}" if room.name else f"{author} mentioned you"
    else:
        title = f"New messages in {room.name}" if room.name else f"New messages from {author}"
    content = Content(
        type=TYPE,
        title=title[: limits.TITLE_CHARS],
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
