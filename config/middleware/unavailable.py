"""Responds 503 with `Retry-After` while the database is unreachable."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.response import Response
from rest_framework.views import set_rollback

from api.errors import Code
from api.errors import exception_handler as api_exception_handler
from realtime import UNAVAILABLE_RETRY_S, is_unavailable

MESSAGE = "The service is not available for the moment. Try again."
# Pages for people; programs read everything else.
_PAGES = "/admin/"
_HTML = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Not available</title></head>
<body><h1>Not available for the moment</h1><p>Try again in a few seconds.</p></body></html>
"""


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """Handle exceptions of DRF's views (`EXCEPTION_HANDLER`)."""
    if not is_unavailable(exc):
        return api_exception_handler(exc, context)
    set_rollback()
    body = {"code": str(Code.UNAVAILABLE), "message": MESSAGE}
    return Response(body, status=503, headers=_HEADERS)


class DatabaseAwayMiddleware:
    """Does the same for other views, and for Django's own middleware within this one."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if self._is_async:
            return self._answer_async(request)
        return _corrected(request, self._get_response(request))

    async def _answer_async(self, request: HttpRequest) -> HttpResponse:
        return _corrected(request, await self._get_response(request))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Handle a view's exception, without logging a traceback."""
        return _answer(request) if is_unavailable(exception) else None


_HEADERS = {"Retry-After": str(UNAVAILABLE_RETRY_S)}
_MARK = "_bellwire_database_away"


def _corrected(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    is_ours = response.status_code == 500 and getattr(request, _MARK, False)
    return _answer(request) if is_ours else response


def _answer(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(_PAGES):
        return HttpResponse(_HTML, status=503, headers=_HEADERS)
    body = {"code": str(Code.UNAVAILABLE), "message": MESSAGE}
    return JsonResponse(body, status=503, headers=_HEADERS)


def _remember(sender: Any, request: HttpRequest | None = None, **_: Any) -> None:
    """Mark the request where the exception is handled: the response will not carry it."""
    if request is not None and is_unavailable(sys.exc_info()[1]):
        setattr(request, _MARK, True)


got_request_exception.connect(_remember, dispatch_uid="bellwire.database_away")
