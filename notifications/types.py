"""The registry of notification types: each has a category, a default title, an icon and a link.

A deployment adds its own, or changes a built-in one, by the environment, as JSON:

    BELLWIRE_NOTIFICATION_TYPES={
        "INVOICE_DUE": {
            "category": "billing",
            "title": "Invoice due",
            "icon": "invoice",
            "link": "/invoices/{reference_id}"
        }
    }

The last two are optional: a name that the front end knows, and where one without a link leads.
`title` is one text for everybody, or an object with a text for each language, as in
`{"en": "Invoice due", "ko": "청구서 납부 기한"}`, in which the default language must be.

A type stays registered for as long as there are notifications of it: where a user has muted a
category, only registered types are listed. After a type has moved to another category run
`manage.py recount_unread`.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core import checks
from django.utils.translation import gettext_noop as _

from notifications import limits
from notifications.conf import conf

# Placeholders of a link template: `{reference_id}`, `{reference_type}`.
_PLACE = re.compile(r"\{(reference_id|reference_type)\}")


@dataclass(frozen=True, slots=True)
class NotificationType:
    """`title` and `link` are the defaults for a notification without one.

    `title` is in the default language; `titles` are a deployment's own in several. The catalogues
    translate the title of a built-in type.
    """

    name: str
    category: str
    title: str
    icon: str
    link: str = ""
    titles: Mapping[str, str] = field(default_factory=dict, hash=False)
    is_built_in: bool = False

    def link_to(self, *, reference_id: str, reference_type: str) -> str:
        """Fill in the link template; "" without one, or if a value is missing."""
        given = {"reference_id": reference_id, "reference_type": reference_type}
        if any(not given[place] for place in _PLACE.findall(self.link)):
            return ""
        link = _PLACE.sub(lambda place: quote(given[place[1]], safe=""), self.link)
        # The template was not meant for an id that makes the link too long.
        return link if len(link) <= limits.LINK_CHARS else ""


_BUILT_IN: Mapping[str, Mapping[str, str]] = {
    "shopping": {
        "ORDER_CREATED": _("Order received"),
        "ORDER_CONFIRMED": _("Order confirmed"),
        "ORDER_CANCELLED": _("Order cancelled"),
        "DELIVERY_STARTED": _("On its way"),
        "DELIVERY_COMPLETED": _("Delivered"),
        "PAYMENT_COMPLETED": _("Payment completed"),
        "PAYMENT_FAILED": _("Payment failed"),
        "REFUND_COMPLETED": _("Refund completed"),
        "COUPON_ISSUED": _("A coupon for you"),
        "COUPON_EXPIRING": _("Your coupon expires soon"),
        "TIMEDEAL_STARTED": _("A time deal has started"),
    },
    "blog": {
        "BLOG_LIKE": _("Somebody liked your post"),
        "BLOG_COMMENT": _("New comment on your post"),
        "BLOG_FOLLOW": _("New follower"),
    },
    "prism": {
        "PRISM_TASK_COMPLETED": _("Task completed"),
        "PRISM_TASK_FAILED": _("Task failed"),
        "PRISM_TASK_CANCELLED": _("Task cancelled"),
    },
    "social": {
        "friend_request": _("Friend request"),
        "team_invitation": _("Team invitation"),
        "verification_request": _("Verification request"),
        "comment": _("New comment"),
        "like": _("New like"),
        "mention": _("You were mentioned"),
        "matched": _("You have a match"),
    },
    "system": {
        "SYSTEM": _("System notice"),
        "announcement": _("Announcement"),
    },
}
# Icons of types for which the category's would mislead.
_ICONS: Mapping[str, str] = {
    "PAYMENT_COMPLETED": "payment",
    "REFUND_COMPLETED": "payment",
    # A failure must not look like a success.
    "PAYMENT_FAILED": "alert",
    "PRISM_TASK_FAILED": "alert",
}
# System notices cannot be muted, nor can unregistered types.
SYSTEM = "SYSTEM"
SYSTEM_CATEGORY = "system"


def registered() -> Mapping[str, NotificationType]:
    """Return all types by name, built-in ones first."""
    own = conf().notification_types
    return _merged(
        tuple(
            (name, tuple((key, _frozen(value)) for key, value in one.items()))
            for name, one in own.items()
        )
    )


def _frozen(value: Any) -> Any:
    return tuple(value.items()) if isinstance(value, Mapping) else value


@lru_cache(maxsize=4)  # for the deployment's setting, and those of tests
def _merged(
    own: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...],
) -> dict[str, NotificationType]:
    found = {
        name: NotificationType(
            name, category, title, icon=_ICONS.get(name, category), is_built_in=True
        )
        for category, titles in _BUILT_IN.items()
        for name, title in titles.items()
    }
    for name, items in own:
        given = dict(items)
        title = given["title"]
        titles = {} if isinstance(title, str) else dict(title)
        found[name] = NotificationType(
            name,
            given["category"],
            titles.get(settings.LANGUAGE_CODE, "") if titles else title,
            titles=MappingProxyType(titles),
            icon=given.get("icon", given["category"]),
            link=given.get("link", ""),
        )
    return found


def find(name: str) -> NotificationType | None:
    """Return the type called `name`; None if it is not registered."""
    return registered().get(name)


def category_of(name: str) -> str:
    """Return the category of the type called `name`."""
    found = find(name)
    return SYSTEM_CATEGORY if found is None else found.category


def categories() -> Collection[str]:
    """Return every category once, in the order of the registry."""
    return list(dict.fromkeys(one.category for one in registered().values()))


def within(category: str) -> Collection[str]:
    """Return the names of a category's types."""
    return [one.name for one in registered().values() if one.category == category]


def listed(muted: Collection[str]) -> Collection[str] | None:
    """Return the names of types outside the muted categories; None for all."""
    if not muted:
        return None
    return [one.name for one in registered().values() if one.category not in muted]


def faults(own: object) -> list[str]:
    """Return the errors in `BELLWIRE_NOTIFICATION_TYPES`, for Django's checks."""
    if not isinstance(own, Mapping):
        return ["expected a dictionary of types"]
    found = []
    for name, one in own.items():
        if not isinstance(name, str) or not 0 < len(name) <= limits.TYPE_CHARS:
            found.append(f"{name!r}: expected a name of 1 to {limits.TYPE_CHARS} characters")
        elif not isinstance(one, Mapping) or not {"category", "title"} <= set(one):
            found.append(f"{name}: expected at least a category and a title")
        elif unknown := set(one) - {"category", "title", "icon", "link"}:
            found.append(f"{name}: expected category, title, icon, link; got {sorted(unknown)}")
        elif not all(isinstance(text, str) for key, text in one.items() if key != "title"):
            found.append(f"{name}: expected texts")
        elif fault := _title_fault(one["title"]):
            found.append(f"{name}: {fault}")
        elif not 0 < len(one["category"]) <= limits.CATEGORY_CHARS:
            found.append(f"{name}: a category has 1 to {limits.CATEGORY_CHARS} characters")
    return found


def _title_fault(title: object) -> str:
    titles: Mapping[Any, Any] = (
        title if isinstance(title, Mapping) else {settings.LANGUAGE_CODE: title}
    )
    if settings.LANGUAGE_CODE not in titles:
        return f"a title in several languages needs one in {settings.LANGUAGE_CODE!r}"
    if unknown := set(titles) - set(dict(settings.LANGUAGES)):
        return f"titles in unsupported languages {sorted(map(str, unknown))}"
    if not all(isinstance(text, str) for text in titles.values()):
        return "expected texts"
    if not all(0 < len(text) <= limits.TITLE_CHARS for text in titles.values()):
        return f"a title has 1 to {limits.TITLE_CHARS} characters"
    return ""


def check_setting(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Return the mistakes in the deployment's types, as a system check of Django: they are reported
    at the start, not at the first notification.
    """
    return [
        checks.Error(f"BELLWIRE_NOTIFICATION_TYPES: {fault}", id="notifications.E001")
        for fault in faults(conf().notification_types)
    ]
