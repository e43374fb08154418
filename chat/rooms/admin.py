"""Rooms in Django's admin: read-only, and moderated through the services, which publish events."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override as language
from typing_extensions import override

from accounts.admin.search import SpellingSearch
from chat.rooms import services
from chat.rooms.models import Ban, Membership, Message, Room
from text.graphemes import shorten


class _ModeratedAdmin(SpellingSearch, admin.ModelAdmin):  # type: ignore[type-arg]
    """Read-only except for the actions, each of which is recorded in the admin's log."""

    # The total would be counted on every page, over millions of rows.
    show_full_result_count = False

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Without an object: the permission for the list's actions.
        return obj is None and super().has_change_permission(request, obj)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def moderate(
        self,
        request: HttpRequest,
        rows: Iterable[Model],
        act: Callable[[Any], bool],
        done: Any,
    ) -> None:
        """Apply `act` to each row, log each row that it changed, and show their number.

        The log is in English; the page's message is in the user's language.
        """
        with language(settings.LANGUAGE_CODE):
            record = str(done)
        count = 0
        for row in rows:
            key = row.pk
            if act(row):
                count += 1
                row.pk = key  # deleting clears it, and the log needs it
                self.log_change(request, row, record)
        self.message_user(request, f"{done}: {count}.", messages.SUCCESS)


@admin.register(Room)
class RoomAdmin(_ModeratedAdmin):
    list_display = ("id", "name", "kind", "open", "members_count", "created_by", "created_at")
    list_filter = ("kind", "open", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("name", "=id")
    folded_search_fields = ("memberships__user__search_text",)
    ordering = ("-id",)
    fields = ("id", "name", "kind", "open", "settings_json", "created_by", "created_at")
    actions: Any = ["close"]

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        rooms: QuerySet[Room] = super().get_queryset(request)
        return rooms.annotate(members_count=Count("memberships", distinct=True))

    @admin.display(description=_("members"))
    def members_count(self, room: Any) -> int:
        count: int = room.members_count
        return count

    @admin.action(description=_("Delete with all messages"), permissions=["change"])
    def close(self, request: HttpRequest, rooms: QuerySet[Room]) -> None:
        self.moderate(
            request, rooms, lambda room: services.close_room(room_id=room.pk), _("Room deleted")
        )


@admin.register(Membership)
class MembershipAdmin(_ModeratedAdmin):
    list_display = ("id", "room", "user", "role", "joined_at")
    list_filter = ("role", "room__kind", "joined_at")
    list_select_related = ("room", "user")
    search_fields = ("room__name", "=room__id")
    folded_search_fields = ("user__search_text",)
    ordering = ("-id",)
    actions: Any = ["remove", "ban"]

    @admin.action(description=_("Remove from the room"), permissions=["change"])
    def remove(self, request: HttpRequest, rows: QuerySet[Membership]) -> None:
        def act(row: Membership) -> bool:
            return services.expel_member(room_id=row.room_id, user_id=row.user_id)

        self.moderate(request, rows, act, _("Removed"))

    @admin.action(description=_("Ban from the room"), permissions=["change"])
    def ban(self, request: HttpRequest, rows: QuerySet[Membership]) -> None:
        def act(row: Membership) -> bool:
            return services.ban_user(room_id=row.room_id, user_id=row.user_id, by=request.user.pk)

        self.moderate(request, rows, act, _("Banned"))


@admin.register(Ban)
class BanAdmin(_ModeratedAdmin):
    list_display = ("id", "room", "user", "by", "created_at")
    list_select_related = ("room", "user", "by")
    search_fields = ("room__name", "=room__id")
    folded_search_fields = ("user__search_text",)
    ordering = ("-id",)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deleting the row lifts the ban."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(Message)
class MessageAdmin(_ModeratedAdmin):
    list_display = ("id", "room", "user", "shown", "created_at", "edited_at", "deleted_at")
    list_filter = ("created_at", ("deleted_at", admin.EmptyFieldListFilter))
    list_select_related = ("room", "user")
    search_fields = ("content", "=room__id")
    folded_search_fields = ("user__search_text",)
    ordering = ("-id",)
    actions: Any = ["hide"]

    @admin.display(description=_("content"))
    def shown(self, message: Message) -> str:
        """The beginning of the content; the admin escapes it."""
        return shorten(message.content, 80)

    @admin.action(description=_("Hide (delete the content)"), permissions=["change"])
    def hide(self, request: HttpRequest, rows: QuerySet[Message]) -> None:
        self.moderate(
            request, rows, lambda row: services.hide_message(message_id=row.pk), _("Message hidden")
        )
