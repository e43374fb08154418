"""REST's side of budgets: a view names them by method, `draws = {"POST": (ROOMS_JOIN,)}`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from typing_extensions import override

from accounts.keys import ServiceCaller
from accounts.models import User
from api.errors import ApiError, Code
from realtime import Budget, RealtimeError, budgets

if TYPE_CHECKING:  # DRF's views import this class by name, from the settings
    from rest_framework.views import APIView


class BudgetThrottle(BaseThrottle):
    """Of every view: draws what the view's `draws` name for the method, after the permissions."""

    def __init__(self) -> None:
        self._wait_s: int | None = None

    @override
    def allow_request(self, request: Request, view: "APIView") -> bool:
        caller, wanted = _caller(request), budgets_of(view, request.method or "")
        if caller is None or not wanted:
            return True
        try:
            budgets.draw(caller, wanted)
        except RealtimeError as error:
            self._wait_s = error.retry_after
            return False
        return True

    @override
    def wait(self) -> float | None:
        return self._wait_s


def budgets_of(view: "type[Any] | APIView", method: str) -> Sequence[Budget]:
    """What a view draws for a request of this method."""
    by_method: Mapping[str, Sequence[Budget]] = getattr(view, "draws", {})
    return by_method.get("GET" if method == "HEAD" else method, ())


def spend(request: Request, wanted: Sequence[Budget], *, tokens: int = 1) -> None:
    """Draw what only the body tells, before anything is looked up or written.

    Raises `ApiError` RATE_LIMITED.
    """
    caller = _caller(request)
    if caller is None:
        raise TypeError(f"expected a user or a service, got {request.user!r}")
    try:
        budgets.draw(caller, wanted, tokens=tokens)
    except RealtimeError as error:
        raise refused(error) from None


def refused(error: RealtimeError) -> ApiError:
    """What REST answers where a budget is spent."""
    return ApiError(Code.RATE_LIMITED, "Too many requests", retry_after=error.retry_after)


def _caller(request: Request) -> str | None:
    """Whose budgets: a person's, or a service's, whose keys of one name share them."""
    user: object = request.user
    if isinstance(user, User):
        return budgets.of_user(user.pk)
    return f"service:{user.name}" if isinstance(user, ServiceCaller) else None
