"""Charts of the last thirty days: notifications sent, by type and by day, and the share read."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications.admin.drawing import GRID_LINES, Drawing, bars, columns, round_up
from notifications.statistics import DAYS, MOST, Amount, Statistics, statistics
from realtime import admin_page

# The most frequent types; the table has all of them.
TYPES_DRAWN = 12


def charts_view(request: HttpRequest, desk: "admin.ModelAdmin[Any]") -> HttpResponse:
    """The charts page; `?type=` restricts the charts by day to one type."""
    wanted = request.GET.get("type") or None
    found = statistics(now=timezone.now(), type_name=wanted)
    context = {
        "title": _("Charts"),
        "days": DAYS,
        "wanted": wanted,
        "statistics": found,
        "most": None if found.whole else MOST,
        "total": sum((amount for _, amount in found.types), Amount()),
        "types": _types(found, wanted),
        "sent": _sent(found),
        "rates": _rates(found),
        "hidden_types": max(len(found.types) - TYPES_DRAWN, 0),
    }
    return admin_page(request, desk, "admin/notifications/notification/charts.html", context)


def percent(amount: Amount) -> str:
    """Format a rate as `67 %`; a dash without one."""
    return "–" if amount.rate is None else f"{amount.rate:.0%}"


def _types(found: Statistics, wanted: str | None) -> Drawing:
    return bars(
        [
            (
                name,
                amount.sent,
                _("%(type)s: %(sent)s sent, %(percent)s read")
                % {"type": name, "sent": f"{amount.sent:,}", "percent": percent(amount)},
                "?" if name == wanted else "?" + urlencode({"type": name}),
                name == wanted,
            )
            for name, amount in found.types[:TYPES_DRAWN]
        ]
    )


def _sent(found: Statistics) -> Drawing:
    most = round_up(max((amount.sent for _, amount in found.days), default=0))
    rows = [
        (
            day,
            float(a.sent),
            _("%(day)s: %(sent)s sent") % {"day": f"{day:%Y-%m-%d}", "sent": f"{a.sent:,}"},
        )
        for day, a in found.days
    ]
    texts = [f"{most * line // GRID_LINES:,}" for line in range(GRID_LINES + 1)]
    return columns(rows, most=most, texts=texts)


def _rates(found: Statistics) -> Drawing:
    rows = [
        (
            day,
            a.rate,
            _("%(day)s: %(read)s of %(sent)s read (%(percent)s)")
            % {
                "day": f"{day:%Y-%m-%d}",
                "read": f"{a.read:,}",
                "sent": f"{a.personal:,}",
                "percent": percent(a),
            },
        )
        for day, a in found.days
    ]
    texts = [f"{100 * line // GRID_LINES} %" for line in range(GRID_LINES + 1)]
    return columns(rows, most=1, texts=texts)
