"""The query that runs with every message, as SQL for both databases.

The ORM takes longer to compile it than the databases take to execute it.
"""

from django.db import connection

_CAUGHT_UP = """
SELECT member.user_id FROM chat_membership AS member
WHERE member.room_id = %s AND member.user_id <> %s
AND (SELECT count(*) FROM (SELECT 1 FROM chat_membership WHERE room_id = %s LIMIT %s) AS few) < %s
AND NOT EXISTS (
    SELECT 1 FROM chat_message AS waiting
    WHERE waiting.room_id = member.room_id AND waiting."offset" < %s
    AND waiting."offset" > member.read_offset AND waiting."offset" > member.joined_offset
    AND waiting.deleted_at IS NULL
    AND (waiting.user_id IS NULL OR waiting.user_id <> member.user_id)
)
ORDER BY member.user_id
"""


def caught_up(*, room_id: int, author_id: int, before: int, most: int) -> list[int]:
    """The members, except the author, without unread messages before the offset `before`.

    Empty in a room with more than `most` members in addition to the author.
    """
    # Counting stops at the first row too many: `most` others, the author, and one more.
    too_many = most + 2
    with connection.cursor() as cursor:
        cursor.execute(_CAUGHT_UP, [room_id, author_id, room_id, too_many, too_many, before])
        return [user_id for (user_id,) in cursor.fetchall()]
