"""Django middleware: the admin in the language and time zone of its user.

Everything else is in English and UTC: API clients translate codes themselves, and messages to them
must not depend on a header.
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

from accounts.users.locale import language_accepted, zone_of

# Prefixes of pages that Django renders for people.
PAGES = ("/admin/",)


@sync_and_async_middleware
def user_locale(get_response: Callable[[HttpRequest], Any]) -> Any:
    """Activate the account's language and time zone, or the language that the browser prefers."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            if not request.path_info.startswith(PAGES):
                response: HttpResponseBase = await get_response(request)
                return response
            with _locale_of(await request.auser(), request):
                return _with_language_headers(await get_response(request))

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PAGES):
            response: HttpResponseBase = get_response(request)
            return response
        with _locale_of(request.user, request):
            return _with_language_headers(get_response(request))

    return answer


@contextmanager
def _locale_of(user: Any, request: HttpRequest) -> Iterator[None]:
    """Activate the language and time zone of `user`, and restore the previous ones at the end."""
    asked = language_accepted(request.headers.get("accept-language", ""))
    language = getattr(user, "language", "") or asked or settings.LANGUAGE_CODE
    zone = zone_of(getattr(user, "time_zone", ""))
    with translation.override(language), timezone.override(zone):
        yield


def _with_language_headers(response: HttpResponseBase) -> HttpResponseBase:
    response.headers["Content-Language"] = translation.get_language() or ""
    patch_vary_headers(response, ("Accept-Language", "Cookie"))
    return response
