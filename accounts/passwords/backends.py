"""Password authentication: every way to sign in compares passwords here.

REST, the admin's form and all other callers of Django's `authenticate()`, and the admin's page to
change one's own password. So nothing bypasses the throttle and the limit of concurrent hashes.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.db.models import Max, Min
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from typing_extensions import override

from accounts import security_log
from accounts.models import EventKind, User
from accounts.passwords import hashing, rules, throttle
from accounts.users import names
from accounts.users.devices import known_device_id
from api.errors import ApiError, Code
from text.names import fold

_Result = TypeVar("_Result")


class ThrottledBackend(ModelBackend):
    """Django's backend, within the budgets of `accounts/passwords/throttle.py`.

    An unknown name takes as long as a wrong password, and spends the same budgets. Raises
    `ApiError`: RATE_LIMITED, or UNAVAILABLE while too many are signing in.
    """

    @override
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if username is None:
            username = kwargs.get(User.USERNAME_FIELD)
        if username is None or password is None:
            return None
        user = names.find_user(username)
        # Budgets and the log use the name as it is stored, however it was typed.
        name = user.username if user else username
        return _attempt(request, name, lambda: self._compare(user, name, password))

    @override
    async def aauthenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        return await sync_to_async(self.authenticate)(request, username, password, **kwargs)

    def _compare(self, user: User | None, name: str, password: str) -> User | None:
        stand_in = _stand_in(fold(name))
        if user is None:
            rules.matches(password, stand_in)
            return None
        if user.check_password(password) and self.user_can_authenticate(user):
            return user
        return None


def confirm_password(request: HttpRequest, user: User, password: str) -> bool:
    """Whether it is the user's own password. Raises `ApiError` as the backend does."""
    username = user.get_username()
    return bool(_attempt(request, username, lambda: user.check_password(password)))


def _stand_in(username: str) -> str:
    """Return the password hash of some account, the same for the same name; "" without accounts.

    Hashes of older releases take another time until their owner signs in. An unknown name takes as
    long as some account would: if it always took the time of the current algorithm, a name that
    takes longer would be an account's.
    """
    ends = User.objects.aggregate(oldest=Min("pk"), newest=Max("pk"))
    oldest, newest = ends["oldest"] or 0, ends["newest"] or 0
    digest = salted_hmac("accounts.passwords.backends", username, algorithm="sha256").digest()
    number = oldest + int.from_bytes(digest[:8]) % (newest - oldest + 1)
    rows = User.objects.filter(pk__gte=number).order_by("pk")
    return rows.values_list("password", flat=True).first() or ""


def _attempt(request: HttpRequest | None, username: str, compare: Callable[[], _Result]) -> _Result:
    """Compare within the budgets; `compare` returns a false value for a wrong password."""
    try:
        result = _compare_within_budgets(request, username, compare)
    except ApiError as error:
        if error.code == Code.RATE_LIMITED:
            security_log.count_failed_sign_in(EventKind.SIGN_IN_REFUSED, name=username)
        raise
    if not result:
        security_log.count_failed_sign_in(EventKind.SIGN_IN_FAILED, name=username)
    return result


def _compare_within_budgets(
    request: HttpRequest | None, username: str, compare: Callable[[], _Result]
) -> _Result:
    attempt = throttle.begin_attempt(
        name=username,
        address=str(request.META.get("REMOTE_ADDR") or "") if request else "",
        device=known_device_id(request, username),
    )
    try:
        with hashing.slots.slot():
            result = compare()
    except BaseException:
        throttle.withdraw_attempt(attempt)
        raise
    if result:
        throttle.record_success(attempt)
    else:
        throttle.record_failure(attempt)
    return result
