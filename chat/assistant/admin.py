"""The assistant in Django's admin: statistics, and conversations, every view of which is logged."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from typing_extensions import override

from accounts.admin.search import SpellingSearch
from chat.assistant import figures
from chat.assistant.models import AnswerFigures, Conversation, Turn

LOOKED = "Read the conversation"


class _ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    # The total would be counted on every page, over millions of rows.
    show_full_result_count = False

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TurnInline(admin.TabularInline):  # type: ignore[type-arg]
    """The turns of a conversation, for users who may view the conversation."""

    model = Turn
    fields = ("created_at", "role", "content", "status", "model", "rating", "comment")
    readonly_fields = fields
    ordering = ("id",)
    extra = 0
    can_delete = False

    @override
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @override
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("chat.view_conversation")


@admin.register(Conversation)
class ConversationAdmin(SpellingSearch, _ReadOnly):
    """The list omits titles: they quote questions, which are shown only on a logged page."""

    list_display = ("id", "user", "created_at", "updated_at")
    list_filter = ("updated_at",)
    list_select_related = ("user",)
    search_fields = ("=id",)
    folded_search_fields = ("user__search_text",)
    ordering = ("-id",)
    fields = ("id", "user", "title", "created_at", "updated_at")
    inlines = (TurnInline,)

    @override
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is not None and self.has_view_permission(request, row):
            # Before rendering, so that no view goes without a log entry.
            self.log_change(request, row, LOOKED)
        return super().change_view(request, object_id, form_url, extra_context)


@admin.register(AnswerFigures)
class AnswerFiguresAdmin(_ReadOnly):
    """Answers, tokens and ratings by day, without any content."""

    change_list_template = "admin/chat/figures.html"
    list_display = ("id",)

    @override
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        context = {
            "days": figures.by_day(),
            "ratings": figures.ratings(),
            "since_days": figures.DAYS,
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @override
    def get_queryset(self, request: HttpRequest) -> Any:
        # The page shows totals only, never rows.
        return AnswerFigures.objects.none()
