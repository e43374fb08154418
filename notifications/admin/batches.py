"""Batches in the admin: what one send created, who has read it, and revoking it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from notifications import services
from notifications.admin.details import card, may_revoke, recipients_context, title_of, url
from notifications.admin.listing import (
    DayFilter,
    SenderFilter,
    UncountedAdmin,
    moment,
    parse_uuid,
    shortened,
)
from notifications.admin.sending import may_send
from notifications.models import Batch, Notification
from realtime import admin_page, unit_of_work


@admin.register(Batch)
class BatchAdmin(UncountedAdmin):
    list_display = ("sent", "its_title", "sender", "recipients", "revoked")
    list_filter = (SenderFilter, DayFilter)
    search_fields = ("id",)
    search_help_text = _("A batch's id.")
    ordering = ("-created_at", "-id")

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Batches stay on record.
        return False

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        # Any row of the batch, as they have the same content. Unordered: ordering would read them
        # all.
        one = Notification.objects.filter(batch=OuterRef("pk")).order_by()
        rows: QuerySet[Batch] = super().get_queryset(request)
        return rows.annotate(
            one_title=Subquery(one.values("title")[:1]),
            one_type=Subquery(one.values("type")[:1]),
            one_templates=Subquery(one.values("templates")[:1]),
            one_user=Subquery(one.values("user")[:1]),
        )

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Batch], search_term: str
    ) -> tuple[QuerySet[Batch], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        batch_id = parse_uuid(text)
        return (queryset.filter(pk=batch_id) if batch_id else queryset.none()), False

    @admin.display(description=_("sent"))
    def sent(self, batch: Batch) -> str:
        """Return the time of sending."""
        return moment(batch.created_at)

    @admin.display(description=_("title"))
    def its_title(self, batch: Any) -> str:
        """Return the title of the batch's notifications, while any exist."""
        if not batch.one_title:
            return "–"
        row = Notification(
            title=batch.one_title, type=batch.one_type, templates=batch.one_templates
        )
        return shortened(title_of(row))

    @admin.display(description=_("revoked"))
    def revoked(self, batch: Batch) -> str:
        """Return the time of revoking; a dash if it was not."""
        return moment(batch.revoked_at)

    @admin.display(description=_("recipients"))
    def recipients(self, batch: Any) -> str:
        """Return the number of recipients."""
        return (
            str(_("Everyone")) if batch.one_title and batch.one_user is None else f"{batch.count:,}"
        )

    @override
    def get_urls(self) -> list[URLPattern]:
        revoke = self.admin_site.admin_view(self.revoke_view)
        own = path("<uuid:batch_id>/revoke/", revoke, name="notifications_batch_revoke")
        return [own, *super().get_urls()]

    @override
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"title": _("Batches"), "may_send": may_send(request), **(extra_context or {})}
        return super().changelist_view(request, extra)

    @override
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        batch = self._batch(object_id)
        one = Notification.objects.filter(batch=batch).first()
        context = {
            "title": title_of(one) if one else _("Batch"),
            "original": batch,
            "shown": card(one) if one else None,
            "revoke_url": self._revoke_url(request, batch) if one else "",
            "rows_url": f"{url(self, 'notification', 'changelist')}?batch={batch.pk}",
            **recipients_context(batch, request.GET),
        }
        return admin_page(request, self, "admin/notifications/batch/detail.html", context)

    def revoke_view(self, request: HttpRequest, batch_id: Any) -> HttpResponse:
        """Ask for confirmation on GET, and revoke on POST."""
        if not (may_revoke(request) and self.has_view_permission(request)):
            raise PermissionDenied
        batch = self._batch(str(batch_id))
        back = url(self, "batch", "change", batch.pk)
        if request.method != "POST":
            read = recipients_context(batch, {})
            context = {"title": _("Revoke this batch?"), "original": batch, "back": back, **read}
            one = Notification.objects.filter(batch=batch).first()
            context["called"] = title_of(one) if one else batch
            return admin_page(request, self, "admin/notifications/batch/revoke.html", context)
        with unit_of_work():
            if batch.revoked_at is None:
                services.revoke(sender=batch.sender, batch_id=batch.pk)
                self.log_change(request, batch, "Revoked.")
        messages.success(request, _("Revoked: it is gone from every page."))
        return HttpResponseRedirect(back)

    def _batch(self, object_id: str) -> Batch:
        batch_id = parse_uuid(object_id)
        batch = Batch.objects.filter(pk=batch_id).first() if batch_id else None
        if batch is None:
            raise Http404(_("There is no such batch"))
        return batch

    def _revoke_url(self, request: HttpRequest, batch: Batch) -> str:
        if batch.revoked_at is not None or not may_revoke(request):
            return ""
        return url(self, "batch", "revoke", batch.pk)
