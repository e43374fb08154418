"""Parts common to the pages of a batch and of a notification: content, recipients, revoking."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notifications import batch_recipients, payload, texts, types
from notifications.batch_recipients import PER_PAGE, State
from notifications.models import Batch, Notification

_STATES = {State.READ: _("Read"), State.UNREAD: _("Unread"), State.DELETED: _("Deleted")}


def card(row: Notification) -> dict[str, Any]:
    """Return the context of the template that shows a notification, in the current language."""
    shown = payload.notification(row, get_language() or "")
    return {
        "title": shown["title"],
        "message": shown["message"],
        "link": row.link,
        "type": row.type,
        "category": types.category_of(row.type),
        "created_at": row.created_at,
    }


def title_of(row: Notification) -> str:
    """Return the notification's title, in the language of the page."""
    shape = {"title": row.title, "type": row.type}
    if row.templates is not None:
        shape["templates"] = row.templates
    title: str = texts.localized(shape, get_language() or settings.LANGUAGE_CODE)["title"]
    return title


def sender_text(batch: Batch) -> str:
    """Return the sender, such as `service:orders`; for a user with the username."""
    kind, _, key = batch.sender.partition(":")
    if kind != "user" or not key.isdecimal():
        return batch.sender
    name = User.objects.filter(pk=int(key)).values_list("username", flat=True).first()
    return f"{name} ({batch.sender})" if name else batch.sender


def recipients_context(batch: Batch, query: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts and a page of recipients. `query` has `state` and `p`; invalid values mean
    the first.
    """
    states = list(State)
    state = State(query["state"]) if query.get("state") in states else State.READ
    tally = batch_recipients.tally(batch)
    page = Paginator(range(tally.of(state)), PER_PAGE).get_page(query.get("p"))
    return {
        "batch": batch,
        "sender": sender_text(batch),
        "everyone": batch_recipients.broadcast_of(batch) is not None,
        "tally": tally,
        "states": [(each, _STATES[each], tally.of(each)) for each in states],
        "state": state,
        "page": page,
        "readers": batch_recipients.page_of(batch, state, page.number),
    }


def url(desk: "admin.ModelAdmin[Any]", model: str, page: str, *args: Any) -> str:
    """Return the URL of a page of the admin."""
    name = f"admin:notifications_{model}_{page}"
    return reverse(name, args=args, current_app=desk.admin_site.name)


def may_revoke(request: HttpRequest) -> bool:
    """Whether the user may revoke: it deletes for the recipients, so it takes that permission."""
    return request.user.has_perm("notifications.delete_notification")
