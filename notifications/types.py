"""The registry of notification types: each has a category and a default title.

A deployment adds its own, or changes a built-in one, in its settings:

    BELLWIRE_NOTIFICATION_TYPES = {"INVOICE_DUE": {"category": "billing", "title": "Invoice due"}}
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class NotificationType:
    """`title` is what a notification is called whose sender gave it no title."""

    name: str
    category: str
    title: str


_BUILT_IN: Mapping[str, Mapping[str, str]] = {
    "shopping": {
        "ORDER_CREATED": "Order received",
        "ORDER_CONFIRMED": "Order confirmed",
        "ORDER_CANCELLED": "Order cancelled",
        "DELIVERY_STARTED": "On its way",
        "DELIVERY_COMPLETED": "Delivered",
        "PAYMENT_COMPLETED": "Payment completed",
        "PAYMENT_FAILED": "Payment failed",
        "REFUND_COMPLETED": "Refund completed",
        "COUPON_ISSUED": "A coupon for you",
        "COUPON_EXPIRING": "Your coupon expires soon",
        "TIMEDEAL_STARTED": "A time deal has started",
    },
    "blog": {
        "BLOG_LIKE": "Somebody liked your post",
        "BLOG_COMMENT": "New comment on your post",
        "BLOG_FOLLOW": "New follower",
    },
    "prism": {
        "PRISM_TASK_COMPLETED": "Task completed",
        "PRISM_TASK_FAILED": "Task failed",
    },
    "social": {
        "friend_request": "Friend request",
        "team_invitation": "Team invitation",
        "verification_request": "Verification request",
        "comment": "New comment",
        "like": "New like",
        "mention": "You were mentioned",
        "matched": "You have a match",
    },
    "system": {
        "SYSTEM": "System notice",
        "announcement": "Announcement",
    },
}
_TYPES: Mapping[str, NotificationType] = {
    name: NotificationType(name, category, title)
    for category, titles in _BUILT_IN.items()
    for name, title in titles.items()
}
SYSTEM = "SYSTEM"


def find(name: str) -> NotificationType | None:
    """The type called `name`; None if nobody registered it."""
    own: Mapping[str, Mapping[str, str]] = getattr(settings, "BELLWIRE_NOTIFICATION_TYPES", {})
    if name in own:
        return NotificationType(name, own[name]["category"], own[name]["title"])
    return _TYPES.get(name)
