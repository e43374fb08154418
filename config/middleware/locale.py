"""Django middleware: the admin in the language and time zone of whoever reads it.

Everything else is answered in English and in UTC: clients of the API translate codes themselves,
and their messages must not depend on a header.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import iscoroutinefunction
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware

from accounts.locale import language_accepted, zone_of

# Pages for people that Django renders.
PAGES = ("/admin/",)


@sync_and_async_middleware
def reader_locale(get_response: Callable[[HttpRequest], Any]) -> Any:
    """Activate the account's language, or else the one that the browser asks for, and its zone."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            if not request.path_info.startswith(PAGES):
                response: HttpResponseBase = await get_response(request)
                return response
            with _locale_of(await request.auser(), request):
                return _told(await get_response(request))

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PAGES):
            response: HttpResponseBase = get_response(request)
            return response
        with _locale_of(request.user, request):
            return _told(get_response(request))

    return answer


@contextmanager
def _locale_of(user: Any, request: HttpRequest) -> Iterator[None]:
    """The language and time zone of `user`, and those of before at the end."""
    asked = language_accepted(request.headers.get("accept-language", ""))
    language = getattr(user, "language", "") or asked or settings.LANGUAGE_CODE
    zone = zone_of(getattr(user, "time_zone", ""))
    with translation.override(language), timezone.override(zone):
        yield


def _told(response: HttpResponseBase) -> HttpResponseBase:
    response.headers["Content-Language"] = translation.get_language() or ""
    patch_vary_headers(response, ("Accept-Language", "Cookie"))
    return response
