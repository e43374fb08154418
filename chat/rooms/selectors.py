"""Reads rooms. The number of queries does not depend on the number of rooms."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from chat.rooms.models import Kind, Membership, Message, Room, topic_of
from realtime import event_log


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room as one user sees it; `role` and `last_message` are None for users not in it."""

    room: Room
    name: str
    role: str | None
    members_count: int
    unread_count: int
    last_message: Message | None
    head: int


@dataclass(frozen=True, slots=True)
class History:
    """A page of a room's messages, oldest first, and whether older and newer ones exist."""

    messages: Sequence[Message]
    older: bool
    newer: bool


def mine(user_id: int) -> QuerySet[Room]:
    """The rooms of which the user is a member, most recent activity first."""
    last = Message.objects.filter(room=OuterRef("pk")).order_by("-offset")
    return (
        Room.objects.filter(memberships__user=user_id)
        .annotate(active_at=Coalesce(Subquery(last.values("created_at")[:1]), "created_at"))
        .order_by("-active_at", "-id")
    )


def joinable(user_id: int) -> QuerySet[Room]:
    """The open rooms of which the user is not a member, newest first."""
    own = Membership.objects.filter(room=OuterRef("pk"), user=user_id)
    return Room.objects.filter(~Exists(own), open=True).order_by("-id")


def members(room_id: int) -> QuerySet[Membership]:
    """The room's members in order of joining, with `user` loaded."""
    return Membership.objects.filter(room=room_id).select_related("user").order_by("id")


def view(room: Room, user_id: int) -> RoomView:
    """One room as the user sees it."""
    return views([room], user_id)[0]


def views(rooms: Sequence[Room], user_id: int) -> list[RoomView]:
    """The rooms as the user sees them, in six queries."""
    ids = [room.pk for room in rooms]
    rows = Membership.objects.filter(room__in=ids, user=user_id)
    roles: dict[int, str] = dict(rows.values_list("room_id", "role"))
    counts = _members_counts(ids)
    unread = _unread_counts(ids, user_id)
    last = _last_messages(list(roles))
    names = _names_of_direct(rooms, user_id)
    _, heads = event_log.heads([topic_of(room_id) for room_id in ids])
    return [
        RoomView(
            room=room,
            name=names.get(room.pk, room.name),
            role=roles.get(room.pk),
            members_count=counts.get(room.pk, 0),
            unread_count=unread.get(room.pk, 0),
            last_message=last.get(room.pk),
            head=heads.get(topic_of(room.pk), 0),
        )
        for room in rooms
    ]


def history(room_id: int, *, before: int | None, after: int | None, limit: int) -> History:
    """At most `limit` messages between two message ids, both exclusive.

    With `after`, the messages that follow it; else the newest ones, before `before` if given.
    """
    everything = Message.objects.filter(room=room_id)
    rows = everything.select_related("user")
    if before is not None:
        rows = rows.filter(id__lt=before)
    if after is not None:
        found = list(rows.filter(id__gt=after).order_by("id")[:limit])
    else:
        found = list(rows.order_by("-id")[:limit])[::-1]
    if not found:
        return History([], older=False, newer=False)
    return History(
        found,
        older=everything.filter(id__lt=found[0].pk).exists(),
        newer=everything.filter(id__gt=found[-1].pk).exists(),
    )


def _members_counts(ids: Sequence[int]) -> dict[int, int]:
    counted = Membership.objects.filter(room__in=ids).values("room").annotate(n=Count("id"))
    return dict(counted.values_list("room", "n"))


def _unread_counts(ids: Sequence[int], user_id: int) -> dict[int, int]:
    counted = (
        Message.objects.filter(
            ~Q(user=user_id),
            room__in=ids,
            deleted_at=None,
            room__memberships__user=user_id,
            offset__gt=F("room__memberships__read_offset"),
            room__memberships__joined_offset__lt=F("offset"),
        )
        .values("room")
        .annotate(n=Count("id"))
    )
    return dict(counted.values_list("room", "n"))


def _last_messages(ids: Sequence[int]) -> dict[int, Message]:
    last = Message.objects.filter(room=OuterRef("pk")).order_by("-offset").values("pk")[:1]
    rooms = Room.objects.filter(pk__in=ids).values(last=Subquery(last))
    rows = Message.objects.filter(pk__in=rooms).select_related("user")
    return {row.room_id: row for row in rows}


def _names_of_direct(rooms: Sequence[Room], user_id: int) -> dict[int, str]:
    """Display names of direct rooms: that of the other member."""
    ids = [room.pk for room in rooms if room.kind == Kind.DIRECT]
    others = Membership.objects.filter(room__in=ids).exclude(user=user_id).select_related("user")
    return {row.room_id: row.user.display_name for row in others}
