"""Making rooms. Nobody can be listening yet, so nothing is published."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.utils import timezone

from accounts.models import User
from api.errors import invalid
from chat.rooms.models import Kind, Membership, Role, Room
from realtime.publishing import unit_of_work


@dataclass(frozen=True, slots=True)
class Direct:
    """A direct room, and whether it had to be made."""

    room: Room
    created: bool


def create_room(
    *,
    user_id: int,
    name: str,
    kind: Kind,
    is_open: bool = False,
    settings: Mapping[str, Any] | None = None,
) -> Room:
    """Make a group or focus room, which is then the user's own."""
    if kind is Kind.DIRECT:
        raise ValueError("expected a group or focus room, got direct: use get_or_create_direct")
    now = timezone.now()
    with unit_of_work():
        room = Room.objects.create(
            name=name,
            kind=str(kind),
            open=is_open,
            settings_json=orjson.dumps(settings or {}).decode(),
            created_at=now,
            created_by_id=user_id,
        )
        Membership.objects.create(room=room, user_id=user_id, role=str(Role.OWNER), joined_at=now)
    return room


def get_or_create_direct(*, user_id: int, other_id: int) -> Direct:
    """The one direct room of two users, whichever of them asks, and however often.

    Raises `ApiError` (INVALID) if the other is nobody, or oneself.
    """
    if other_id == user_id:
        raise invalid({"user_id": ["Expected another user, got yourself."]})
    pair = "{}:{}".format(*sorted((user_id, other_id)))
    room = Room.objects.filter(direct_pair=pair).first()
    if room is not None:
        return Direct(room, created=False)
    if not User.objects.filter(pk=other_id, is_active=True).exists():
        raise invalid({"user_id": [f"No such user: {other_id}"]})
    now = timezone.now()
    with unit_of_work():
        # Of two who ask at the same moment, the unique pair lets the second find the first's.
        room, created = Room.objects.get_or_create(
            direct_pair=pair,
            defaults={"kind": str(Kind.DIRECT), "created_at": now, "created_by_id": user_id},
        )
        if created:
            Membership.objects.bulk_create(
                Membership(room=room, user_id=each, joined_at=now) for each in (user_id, other_id)
            )
    return Direct(room, created)
