"""Resolves mentions: `@name` of a member of the message's room (`text/mentions.py`)."""

from accounts.users.names import choose
from chat.rooms import limits
from chat.rooms.models import Membership
from text.mentions import candidates


def find_mentioned(content: str, room_id: int) -> list[int]:
    """The ids of the members mentioned in `content`, each once, in order of first mention."""
    places = list(candidates(content, limits.MENTIONS))
    if not places:
        return []
    keys = {each.key for place in places for each in place}
    rows = Membership.objects.filter(room=room_id, user__username_key__in=keys)
    known: dict[str, list[tuple[str, int]]] = {}
    for key, username, user_id in rows.values_list(
        "user__username_key", "user__username", "user_id"
    ):
        known.setdefault(key, []).append((username, user_id))
    named: dict[int, None] = {}
    end = 0
    for place in places:
        # Skip candidates inside the previous name, which may have an `@` in it.
        longest = next((each for each in place if each.key in known), None)
        if longest is None or longest.start < end:
            continue
        end = longest.end
        if (meant := choose(longest.name, known[longest.key])) is not None:
            named[meant] = None
    return list(named)
