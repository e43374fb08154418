"""Django middleware: the security and caching headers of responses.

A header that the view has set is kept.
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
# For responses other than pages: should a browser take one for a page, it runs nothing.
OTHER_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# `no-store` also binds shared caches that ignore `private`, and the browser's own cache.
PERSONAL = "private, no-store"


# Both sync and async, so that an asynchronous view needs no thread for it.
@sync_and_async_middleware
def response_headers(get_response: Callable[[HttpRequest], Any]) -> Any:
    """Add a Content-Security-Policy, and keep personal responses out of every cache."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            answer: Awaitable[HttpResponseBase] = get_response(request)
            return complete(request, await answer)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        return complete(request, get_response(request))

    return answer


def complete(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Return the response with the headers that this module adds."""
    # Static files have lifetimes of their own, and a worker script's policy would be the worker's.
    if request.path.startswith(settings.STATIC_URL):
        return response
    if not _is_debug_page(response):
        response.headers.setdefault("Content-Security-Policy", _policy(request))
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = PERSONAL
        patch_vary_headers(response, ("Authorization", "Cookie"))
    return response


def _policy(request: HttpRequest) -> str:
    return ADMIN_POLICY if request.path_info.startswith(ADMIN) else OTHER_POLICY


def _is_debug_page(response: HttpResponseBase) -> bool:
    """Whether it may be Django's debug page, which has its style and script inline."""
    return settings.DEBUG and response.status_code in (404, 500)
