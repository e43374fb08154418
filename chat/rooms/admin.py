"""Rooms in Django's admin: looked at, and moderated through the services, which shows live."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override as language
from typing_extensions import override

from accounts.admin_search import SpellingSearch
from chat.rooms import services
from chat.rooms.models import Ban, Membership, Message, Room
from text.graphemes import shorten


class _Moderated(SpellingSearch, admin.ModelAdmin):  # type: ignore[type-arg]
    """Read-only but for the actions, each of which is written into the admin's log."""

    # A total over millions of rows would be counted for every page.
    show_full_result_count = False

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The list's actions still ask with no object.
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
        """Do it to each, write down to which it was done, and say to how many.

        The record is in English, whoever does it; the page says it in the language of its reader.
        """
        with language(settings.LANGUAGE_CODE):
            record = str(done)
        count = 0
        for row in rows:
            key = row.pk
            if act(row):
                count += 1
                row.pk = key  # deleting takes it away, and the log wants it
                self.log_change(request, row, record)
        self.message_user(request, f"{done}: {count}.", messages.SUCCESS)


@admin.register(Room)
class RoomAdmin(_Moderated):
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

    @admin.action(description=_("Delete with all that was said"), permissions=["change"])
    def close(self, request: HttpRequest, rooms: QuerySet[Room]) -> None:
        self.moderate(
            request, rooms, lambda room: services.close_room(room_id=room.pk), _("Room deleted")
        )


@admin.register(Membership)
class MembershipAdmin(_Moderated):
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
            return services.expel(room_id=row.room_id, user_id=row.user_id)

        self.moderate(request, rows, act, _("Removed"))

    @admin.action(description=_("Ban from the room"), permissions=["change"])
    def ban(self, request: HttpRequest, rows: QuerySet[Membership]) -> None:
        def act(row: Membership) -> bool:
            return services.ban(room_id=row.room_id, user_id=row.user_id, by=request.user.pk)

        self.moderate(request, rows, act, _("Banned"))


@admin.register(Ban)
class BanAdmin(_Moderated):
    list_display = ("id", "room", "user", "by", "created_at")
    list_select_related = ("room", "user", "by")
    search_fields = ("room__name", "=room__id")
    folded_search_fields = ("user__search_text",)
    ordering = ("-id",)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deleting it lets them in again."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(Message)
class MessageAdmin(_Moderated):
    list_display = ("id", "room", "user", "shown", "created_at", "edited_at", "deleted_at")
    list_filter = ("created_at", ("deleted_at", admin.EmptyFieldListFilter))
    list_select_related = ("room", "user")
    search_fields = ("content", "=room__id")
    folded_search_fields = ("user__search_text",)
    ordering = ("-id",)
    actions: Any = ["hide"]

    @admin.display(description=_("content"))
    def shown(self, message: Message) -> str:
        """The beginning, as text: the admin escapes it."""
        return shorten(message.content, 80)

    @admin.action(description=_("Hide (delete the content)"), permissions=["change"])
    def hide(self, request: HttpRequest, rows: QuerySet[Message]) -> None:
        self.moderate(
            request, rows, lambda row: services.hide_message(message_id=row.pk), _("Message hidden")
        )
