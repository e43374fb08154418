"""Jobs in Django's admin, read-only: only their service knows their state."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from accounts.admin.search import SpellingSearch
from accounts.models import User
from notifications.admin.listing import UncountedAdmin
from notifications.jobs.models import Job


@admin.register(Job)
class JobAdmin(SpellingSearch, UncountedAdmin):
    list_display = ("id", "user", "sender", "title", "status", "progress", "updated_at")
    list_filter = ("status", "created_at")
    list_select_related = ("user",)
    search_fields = ("title", "message", "sender")
    folded_search_fields = ("user__search_text",)
    ordering = ("-id",)
    readonly_fields = ("recipients",)

    @admin.display(description=_("recipients"))
    def recipients(self, job: Job) -> str:
        """Return the names of all recipients, the first one's first."""
        names = User.objects.in_bulk(job.recipient_ids)
        return ", ".join(str(names[user_id]) for user_id in job.recipient_ids if user_id in names)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Open pages would go on showing a deleted job. It may be deleted with its user: Django also
        # calls this to check whether a user can be deleted with all related rows.
        match = request.resolver_match
        here = match is not None and (match.url_name or "").startswith("notifications_job_")
        return not here and super().has_delete_permission(request, obj)
