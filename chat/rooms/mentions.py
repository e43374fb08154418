"""Whom a message names: `@username`, of a member of its room."""

import re
from collections.abc import Iterator

from chat.rooms import limits
from chat.rooms.models import Membership

# Not behind a letter or digit, or every mail address would name somebody.
_NAME = re.compile(r"(?<![\w@.+-])@([\w.@+-]{1,150})")
# A username may end so, and a sentence as well.
_TAIL = ".,@+-_"
# In Korean what a name is in the sentence stands right behind it: `@kim님께서는`.
_PARTICLES = re.compile(r"[가-힣]{1,5}$")


def found(content: str, room_id: int) -> list[int]:
    """The ids of the members whom `content` names, each once, in the order of their names."""
    if "@" not in content:
        return []
    names = list(_candidates(content))
    rows = Membership.objects.filter(
        room=room_id, user__username__in={one for each in names for one in each}
    )
    known: dict[str, int] = dict(rows.values_list("user__username", "user_id"))
    named = (next((known[one] for one in each if one in known), None) for each in names)
    return list(dict.fromkeys(user_id for user_id in named if user_id is not None))


def _candidates(content: str) -> Iterator[list[str]]:
    """For each `@` what its name may be, the longest first."""
    for place, match in enumerate(_NAME.finditer(content)):
        if place == limits.MENTIONS:
            return
        text = match[1]
        name = text.rstrip(_TAIL)
        least = len(_PARTICLES.sub("", name))
        yield [text[:length] for length in range(len(text), max(least, 1) - 1, -1)]
