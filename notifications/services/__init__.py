"""The only writers and publishers of notifications.

Each of these is a unit of work, and takes locks in this order: idempotency row, job, users, batch,
the broadcasts' clock, unread counters in the order of the user, notifications; the topics' heads
last, by the append. So two of them may wait for each other, but cannot deadlock.
"""

from notifications.services.announcements import Announced, AudienceChangedError, announce
from notifications.services.audience import Audience, count_recipients
from notifications.services.counters import join, settle, unread, unread_of
from notifications.services.expiry import delete_expired
from notifications.services.idempotency import Once, delete_expired_keys
from notifications.services.inbox import (
    ReadAll,
    Which,
    delete,
    mark_all_read,
    mark_read,
    mark_some_read,
)
from notifications.services.preferences import recount, refile_broadcasts, set_preferences
from notifications.services.recipients import RecipientKind, Recipients
from notifications.services.send import Answer, Content, broadcast, send
from notifications.services.send_many import Item, ItemError, send_many
from notifications.services.sent import amend, revoke, revoke_all, withdraw

__all__ = [
    "Announced",
    "Answer",
    "Audience",
    "AudienceChangedError",
    "RecipientKind",
    "Content",
    "Item",
    "ItemError",
    "Once",
    "ReadAll",
    "Recipients",
    "Which",
    "amend",
    "announce",
    "broadcast",
    "count_recipients",
    "delete",
    "delete_expired",
    "delete_expired_keys",
    "join",
    "mark_all_read",
    "mark_read",
    "mark_some_read",
    "recount",
    "refile_broadcasts",
    "revoke",
    "revoke_all",
    "send",
    "send_many",
    "set_preferences",
    "settle",
    "unread",
    "unread_of",
    "withdraw",
]
