"""Django middleware: what browsers and caches between may do with our answers.

A view that sets one of these headers itself is left alone.
"""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware

from realtime import ADMIN_POLICY

ADMIN = "/admin/"
# What is no page runs nothing, should a browser ever take it for one.
NO_PAGE_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# A shared cache that ignores `private` still keeps nothing; a browser's own keeps no inbox either.
PERSONAL = "private, no-store"


# Both, so that an asynchronous view needs no thread for it.
@sync_and_async_middleware
def response_headers(get_response: Callable[[HttpRequest], Any]) -> Any:
    """Add a Content-Security-Policy, and keep what may be personal out of every cache."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            answer: Awaitable[HttpResponseBase] = get_response(request)
            return complete(request, await answer)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        return complete(request, get_response(request))

    return answer


def complete(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The response with what this module adds."""
    # Static files carry their own lifetimes, and a worker script's policy would be the worker's.
    if request.path.startswith(settings.STATIC_URL):
        return response
    if not _is_djangos_own_error_page(response):
        response.headers.setdefault("Content-Security-Policy", _policy(request))
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = PERSONAL
        patch_vary_headers(response, ("Authorization", "Cookie"))
    return response


def _policy(request: HttpRequest) -> str:
    return ADMIN_POLICY if request.path_info.startswith(ADMIN) else NO_PAGE_POLICY


def _is_djangos_own_error_page(response: HttpResponseBase) -> bool:
    """Whether it may be a developer's page, which has its style and script inside it."""
    return settings.DEBUG and response.status_code in (404, 500)
