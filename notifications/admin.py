"""Notifications in Django's admin: to be looked at, and deleted by way of the service."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from typing_extensions import override

from notifications import services
from notifications.jobs.admin import JobAdmin  # noqa: F401 - Django looks for the pages here
from notifications.models import Batch, Notification


class _ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    # A total over millions of rows would be counted for every page.
    show_full_result_count = False

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Notification)
class NotificationAdmin(_ReadOnly):
    list_display = ("id", "user", "type", "title", "created_at", "read_at", "deleted_at")
    list_filter = (
        "type",
        "created_at",
        ("read_at", admin.EmptyFieldListFilter),
        ("deleted_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("user",)
    search_fields = ("title", "message", "user__username", "reference_id")
    ordering = ("-id",)

    @override
    def delete_model(self, request: HttpRequest, obj: Notification) -> None:
        services.withdraw(notification_ids=[obj.pk])

    @override
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        services.withdraw(notification_ids=list(queryset.values_list("pk", flat=True)))


@admin.register(Batch)
class BatchAdmin(_ReadOnly):
    list_display = ("id", "sender", "count", "created_at", "revoked_at")
    search_fields = ("id", "sender")
    ordering = ("-created_at",)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What happened stays on record.
        return False
