"""Sending from the admin: a form, a preview with the number of recipients, one send."""

import uuid
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.models import ADDITION, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from api.errors import ApiError
from notifications import services, texts, types
from notifications.admin.send_form import EVERYONE, AgreedForm, SendForm, users_text
from notifications.models import Batch
from notifications.services import Announced, AudienceChangedError, Once
from realtime import admin_page, unit_of_work

_FIELDSETS = [
    (_("What to say"), {"fields": ["type", "title", "message", "link"]}),
    (_("To whom"), {"fields": ["to", "usernames", "group"]}),
]
_TEMPLATES = "admin/notifications/notification"


def may_send(request: HttpRequest) -> bool:
    """Whether the user may send; without it page and buttons are hidden."""
    return request.user.has_perm("notifications.send_notification")


def send_view(request: HttpRequest, desk: "admin.ModelAdmin[Any]") -> HttpResponse:
    """Show the form (GET and `edit`), show the `preview`, or `send`."""
    if not may_send(request):
        raise PermissionDenied
    if request.method != "POST":
        return _ask(request, desk, SendForm())
    form = SendForm(request.POST)
    step = request.POST.get("step")
    if step == "edit":
        return _ask(request, desk, SendForm(initial=request.POST.dict()))
    agreed = AgreedForm(request.POST)
    if step == "send" and form.is_valid() and agreed.is_valid():
        return _send(request, desk, form, agreed.cleaned_data)
    return _preview(request, desk, form) if form.is_valid() else _ask(request, desk, form)


def _ask(request: HttpRequest, desk: "admin.ModelAdmin[Any]", form: Any) -> HttpResponse:
    context = {
        "title": _("Send a notification"),
        "adminform": AdminForm(form, _FIELDSETS, {}, model_admin=desk),
        "errors": form.errors,
    }
    return admin_page(request, desk, f"{_TEMPLATES}/send.html", context)


def _preview(
    request: HttpRequest,
    desk: "admin.ModelAdmin[Any]",
    form: SendForm,
    *,
    changed: AudienceChangedError | None = None,
    expected: int = 0,
) -> HttpResponse:
    """Show the preview. Each has an idempotency key of its own, so it sends once."""
    content, kind = form.content, types.find(form.content.type)
    if changed is not None:
        form.count = changed.count
    context = {
        "title": _("Send this?"),
        "shown": {
            "title": content.title or texts.type_title(content.type, get_language() or "") or "",
            "message": content.message,
            "link": content.link
            or (kind.link_to(reference_id="", reference_type="") if kind else ""),
            "category": types.category_of(content.type),
            "type": content.type,
            "created_at": timezone.now(),
        },
        "form": form,
        "kept": [(name, value) for name, value in form.data.items() if name in form.fields],
        "to": form.cleaned_data["to"],
        "everyone": form.cleaned_data["to"] == EVERYONE,
        "group": form.cleaned_data["group"],
        "names": form.audience.usernames[:20],
        "more_names": max(len(form.audience.usernames) - 20, 0),
        "key": uuid.uuid4(),
        "changed": changed,
        "expected": expected,
    }
    return admin_page(request, desk, f"{_TEMPLATES}/send_preview.html", context)


def _send(
    request: HttpRequest,
    desk: "admin.ModelAdmin[Any]",
    form: SendForm,
    agreed: dict[str, Any],
) -> HttpResponse:
    sender = f"user:{request.user.pk}"
    # The prefix keeps it apart from keys that the same user sends over REST.
    once = Once(f"admin:{agreed['key']}", form.digest())
    try:
        with unit_of_work():
            sent = services.announce(
                sender=sender,
                to=form.audience,
                content=form.content,
                expected=agreed["expected"],
                once=once,
            )
            if not sent.again:
                _log(request, form, sent)
    except AudienceChangedError as changed:
        return _preview(request, desk, form, changed=changed, expected=agreed["expected"])
    except ApiError as error:
        form.refuse(error)
        return _ask(request, desk, form)
    users = {"users": users_text(sent.count)}
    if sent.again:
        again = _("This was sent already, to %(users)s. It was not sent again.")
        messages.info(request, again % users)
    else:
        messages.success(request, _("Sent to %(users)s.") % users)
    # A redirect, so that reloading the page sends nothing.
    return HttpResponseRedirect(_after(request, desk, sent.batch_id))


def _after(request: HttpRequest, desk: "admin.ModelAdmin[Any]", batch_id: str) -> str:
    site = desk.admin_site.name
    if request.user.has_perm("notifications.view_batch"):
        return reverse("admin:notifications_batch_change", args=[batch_id], current_app=site)
    return reverse("admin:index", current_app=site)


def _log(request: HttpRequest, form: SendForm, sent: Announced) -> None:
    LogEntry.objects.log_actions(
        user_id=cast(User, request.user).pk,
        queryset=[Batch.objects.get(pk=sent.batch_id)],
        action_flag=ADDITION,
        change_message=f"Sent {form.content.type} to {form.audience_text()}"
        f" ({form.cleaned_data['to']}).",
        single_object=True,
    )
