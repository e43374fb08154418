"""Which users a broadcast belongs to: those who existed when it was sent."""

from collections.abc import Sequence

from notifications.sql.counters import SENT_SINCE_JOINED
from notifications.sql.run import fetch, run

_PERSON = """
accounts_user AS person
LEFT JOIN notifications_unreadcounter AS counter ON counter.user_id = person.id
"""
_BELONG = f"""
SELECT one.notification_id, {SENT_SINCE_JOINED}
FROM notifications_broadcast AS one, {_PERSON}
WHERE person.id = %s AND one.notification_id {{condition}}
"""  # noqa: S608 - names of our own tables
_PG_BELONG = _BELONG.format(condition="= ANY(%s::bigint[])")
_LITE_BELONG = _BELONG.format(condition="IN (SELECT value FROM json_each(%s))")

_RECIPIENTS = f"""
SELECT count(*) FROM notifications_broadcast AS one, {_PERSON}
WHERE one.notification_id = %s AND {SENT_SINCE_JOINED}
"""  # noqa: S608 - names of our own tables


def belonging(user_id: int, ids: Sequence[int]) -> dict[int, bool]:
    """Return for those `ids` that are broadcasts, withdrawn or not, whether they are this
    user's.
    """
    rows = run(_PG_BELONG, _LITE_BELONG, [user_id], ids)
    return {notification_id: bool(belongs) for notification_id, belongs in rows}


def recipients(notification_id: int) -> int:
    """Return the number of existing users to whom a broadcast belongs."""
    return int(fetch(_RECIPIENTS, [notification_id])[0][0])
