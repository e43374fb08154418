"""The source of the current request, for the security log.

A context variable, because events are logged far below the views: in the authentication backend, in
`User.save()`, in Django's signals.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware

_current: ContextVar[HttpRequest | None] = ContextVar("bellwire_request", default=None)
_AGENT_CHARS = 200
_ADDRESS_CHARS = 64


@dataclass(frozen=True, slots=True)
class RequestSource:
    """The user, address and user agent of a request; all "" outside of one."""

    actor: str = ""
    address: str = ""
    user_agent: str = ""


@sync_and_async_middleware
def remember_request(get_response: Callable[..., Any]) -> Callable[..., Any]:
    """Django middleware: set the request that `request_source()` describes."""
    if iscoroutinefunction(get_response):

        async def remembering_async(request: HttpRequest) -> Any:
            token = _current.set(request)
            try:
                return await get_response(request)
            finally:
                _current.reset(token)

        return remembering_async

    def remembering(request: HttpRequest) -> Any:
        token = _current.set(request)
        try:
            return get_response(request)
        finally:
            _current.reset(token)

    return remembering


def request_source() -> RequestSource:
    """Return the source of the current request."""
    request = _current.get()
    if request is None:
        return RequestSource()
    user: Any = getattr(request, "user", None)
    return RequestSource(
        actor=str(user) if user is not None and user.is_authenticated else "",
        address=_clean(request.META.get("REMOTE_ADDR"), _ADDRESS_CHARS),
        user_agent=_clean(request.META.get("HTTP_USER_AGENT"), _AGENT_CHARS),
    )


def _clean(text: Any, length: int) -> str:
    return "".join(char for char in str(text or "")[:length] if char.isprintable())
