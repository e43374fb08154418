"""Content negotiation: a format that `Accept` asks for, else the view's first, JSON."""

from collections.abc import Iterable

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from typing_extensions import override

from api.case import case_of


class JsonNegotiation(DefaultContentNegotiation):
    """DRF's negotiation, except that another format is no 406, and an unknown case is a 400.

    RFC 9110 §12.4.1 lets a server disregard `Accept`. A person who opens an endpoint in a browser
    (`Accept: text/html`) gets JSON, which says more than a 406.
    """

    @override
    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        case_of(request)
        offered = list(renderers)
        try:
            chosen, media_type = super().select_renderer(request, offered, format_suffix)
        except NotAcceptable:
            return offered[0], str(offered[0].media_type)
        return chosen, media_type
