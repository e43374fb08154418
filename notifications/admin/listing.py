"""Lists of tables with millions of rows: rows are not counted, and every query has an index."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from accounts.models import User
from accounts.users.names import find_user
from api.limits import MAX_ID
from notifications import types
from notifications.models import GONE, READ, UNREAD
from text.graphemes import cut
from text.names import fold
from text.storable import has_nul

PER_PAGE = 100
# Nobody pages further back; filters are the better way.
PAGES = 100
# Users whose names begin with the search term.
NAMESAKES = 100


class NextPagePaginator(Paginator):  # type: ignore[type-arg]
    """Counts the pages up to this one, and whether there is one more, from the rows of this
    page.
    """

    def __init__(self, *args: Any, number: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self._number = number

    @cached_property
    def count(self) -> int:
        """Return the number of rows up to the first one of the next page."""
        before = (self._number - 1) * self.per_page
        one_more = 1 if self._number < PAGES else 0
        rows: Any = self.object_list
        keys = rows.values_list("pk")
        return before + len(keys[before : before + self.per_page + one_more])


class UncountedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A read-only list, newest first, paged without a total."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = PER_PAGE
    list_max_show_all = 0
    sortable_by = ()

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @override
    def get_paginator(
        self,
        request: HttpRequest,
        queryset: Any,
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
    ) -> NextPagePaginator:
        text = request.GET.get("p", "1")
        number = int(text) if text.isdecimal() and len(text) < 5 else 1
        return NextPagePaginator(queryset, per_page, number=min(max(number, 1), PAGES))


TITLE_SHOWN = 60


def shortened(title: str) -> str:
    """Shorten a title for a column."""
    return title if len(title) <= TITLE_SHOWN else f"{cut(title, TITLE_SHOWN)}…"


def moment(at: datetime | None) -> str:
    """Format a time for a list."""
    return "–" if at is None else f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


# --- filters -------------------------------------------------------------------------------------


class TextFilter(admin.SimpleListFilter):
    """A filter with a text input."""

    template = "admin/notifications/text_filter.html"
    input_type = "text"

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return ()

    @override
    def has_output(self) -> bool:
        return True

    @override
    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        others = [
            (name, value)
            for name, values in changelist.filter_params.items()
            if name != self.parameter_name
            for value in values
        ]
        yield {"value": self.value() or "", "others": others}

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        text = (self.value() or "").strip()
        if has_nul(text):
            return queryset.none()
        return self.narrowed(queryset, text) if text else queryset

    def narrowed(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Return the rows that match `text`, which is not empty."""
        raise NotImplementedError


class UserFilter(TextFilter):
    title = _("user")
    parameter_name = "user"

    @override
    def narrowed(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        named = find_user(text)
        ids = list(User.objects.filter(external_id=text).values_list("pk", flat=True))
        ids += [named.pk] if named else []
        return rows.filter(user__in=ids + ([whole] if (whole := number(text)) else []))


class BatchFilter(TextFilter):
    title = _("batch")
    parameter_name = "batch"

    @override
    def narrowed(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.filter(batch=batch) if (batch := parse_uuid(text)) else rows.none()


class SenderFilter(TextFilter):
    title = _("sender")
    parameter_name = "sender"

    @override
    def narrowed(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.filter(sender=text)


class DayFilter(TextFilter):
    title = _("day")
    parameter_name = "day"
    input_type = "date"

    @override
    def narrowed(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        try:
            day = date.fromisoformat(text)
            begin = timezone.make_aware(datetime.combine(day, time()))
            return rows.filter(created_at__gte=begin, created_at__lt=begin + timedelta(days=1))
        except (ValueError, OverflowError):
            return rows.none()


class TypeFilter(admin.SimpleListFilter):
    """Offers the registered types; finding those that occur would take a scan."""

    title = _("type")
    parameter_name = "type"

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [(name, name) for name in types.registered()]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        name = self.value() or ""
        return queryset.filter(type=name) if types.find(name) else queryset


class StatusFilter(admin.SimpleListFilter):
    """Status of users' own notifications; a broadcast has one for each user."""

    title = _("status")
    parameter_name = "status"
    _conditions = {
        "unread": UNREAD & Q(user__isnull=False),
        "read": READ,
        "deleted": GONE,
        "everyone": Q(user=None),
    }

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [
            ("unread", _("Unread")),
            ("read", _("Read")),
            ("deleted", _("Deleted or revoked")),
            ("everyone", _("To everyone")),
        ]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        condition = self._conditions.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


# --- search --------------------------------------------------------------------------------------


def search_notifications(text: str) -> Q:
    """Search by the id of a notification, user or batch, or by the beginning of a username."""
    named = Q(username_key__startswith=folded) if (folded := fold(text)) else Q(pk=None)
    people = User.objects.filter(named | Q(external_id=text))
    found = Q(user__in=list(people.values_list("pk", flat=True)[:NAMESAKES]))
    if (whole := number(text)) is not None:
        found |= Q(pk=whole) | Q(user=whole)
    if (batch := parse_uuid(text)) is not None:
        found |= Q(batch=batch)
    return found


def number(text: str) -> int | None:
    """Parse `text` as an id; None if it is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 19):
        return None
    whole = int(text)
    return whole if 0 < whole <= MAX_ID else None


def parse_uuid(text: str) -> uuid.UUID | None:
    """Parse `text` as a UUID; None if it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
