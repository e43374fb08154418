"""Budgets of REST requests: a view declares them by method, `draws = {"POST": (ROOMS_JOIN,)}`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from typing_extensions import override

from accounts.credentials.service_keys import ServiceCaller
from accounts.models import User
from api.errors import ApiError, Code
from realtime import Budget, RealtimeError, budgets

if TYPE_CHECKING:  # DRF's views import this class by name, from the settings
    from rest_framework.views import APIView


class BudgetThrottle(BaseThrottle):
    """Spends the budgets in the view's `draws` for the method, after the permissions were
    checked.
    """

    def __init__(self) -> None:
        self._wait_s: int | None = None

    @override
    def allow_request(self, request: Request, view: "APIView") -> bool:
        caller, drawn = _caller(request), budgets_of(view, request.method or "")
        if caller is None or not drawn:
            return True
        try:
            budgets.draw(caller, drawn)
        except RealtimeError as error:
            self._wait_s = error.retry_after
            return False
        return True

    @override
    def wait(self) -> float | None:
        return self._wait_s


def budgets_of(view: "type[Any] | APIView", method: str) -> Sequence[Budget]:
    """Return the budgets that a view spends for a request of this method."""
    by_method: Mapping[str, Sequence[Budget]] = getattr(view, "draws", {})
    return by_method.get("GET" if method == "HEAD" else method, ())


def spend(request: Request, drawn: Sequence[Budget], *, tokens: int = 1) -> None:
    """Spend budgets whose amount depends on the body, before anything is queried or written.

    Raises `ApiError` RATE_LIMITED.
    """
    caller = _caller(request)
    if caller is None:
        raise TypeError(f"expected a user or a service, got {request.user!r}")
    try:
        budgets.draw(caller, drawn, tokens=tokens)
    except RealtimeError as error:
        raise refused(error) from None


def refused(error: RealtimeError) -> ApiError:
    """Return REST's error for a spent budget."""
    return ApiError(Code.RATE_LIMITED, "Too many requests", retry_after=error.retry_after)


def _caller(request: Request) -> str | None:
    """Return the owner of the budgets: the user, or the service, whose keys share them by
    its name.
    """
    user: object = request.user
    if isinstance(user, User):
        return budgets.of_user(user.pk)
    return f"service:{user.name}" if isinstance(user, ServiceCaller) else None
