"""Our own pages in Django's admin: its layout around them, and no inline scripts or styles."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest
from django.template.response import TemplateResponse

# The admin needs no more than this; the policy blocks anything else on our own pages.
ADMIN_POLICY = (
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'"
)


def admin_page(
    request: HttpRequest, desk: "ModelAdmin[Any]", template: str, context: dict[str, Any]
) -> TemplateResponse:
    """Render `template`, which extends `admin/base_site.html`; `context` has at least `title`."""
    request.current_app = desk.admin_site.name
    full = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "media": desk.media,
        **context,
    }
    return TemplateResponse(
        request, template, full, headers={"Content-Security-Policy": ADMIN_POLICY}
    )
