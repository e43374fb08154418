"""Brute force: 10 failures a minute per name and address, then 429 with `Retry-After`.

An attempt is written down before its password is looked at, and ranked among the last minute's
after that: guesses sent in parallel see each other. What succeeds or is refused is struck out
again, so that only failures are left.
"""

import unicodedata
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import limits
from accounts.models import LoginAttempt
from api.errors import ApiError, Code


def begin(*, name: str, address: str) -> LoginAttempt | None:
    """Write an attempt down; None while throttles are off. Raises `ApiError` (RATE_LIMITED)."""
    if not settings.BELLWIRE_THROTTLES:
        return None
    attempt = LoginAttempt.objects.create(key=_key(name, address), at=timezone.now())
    _refuse_beyond_limit(attempt)
    return attempt


def succeeded(attempt: LoginAttempt | None) -> None:
    """Strike out an attempt whose password was right. Raises `ApiError` (RATE_LIMITED).

    Ranked once more: an earlier attempt may have been committed after the first look, and only
    what is answered with success matters to somebody who guesses.
    """
    if attempt is not None:
        _refuse_beyond_limit(attempt)
        attempt.delete()


def _refuse_beyond_limit(attempt: LoginAttempt) -> None:
    since = attempt.at - limits.seconds("LOGIN_WINDOW_S")
    earlier = LoginAttempt.objects.filter(key=attempt.key, at__gt=since, id__lt=attempt.pk)
    times: list[datetime] = sorted(earlier.values_list("at", flat=True))
    excess = len(times) - limits.limit("LOGIN_FAILURES")
    if excess < 0:
        return
    attempt.delete()
    free_at = times[excess] + limits.seconds("LOGIN_WINDOW_S")
    wait = (free_at - timezone.now()).total_seconds()
    raise ApiError(Code.RATE_LIMITED, "Too many failed sign-ins", retry_after=wait)


def _key(name: str, address: str) -> str:
    """Keyed, so that the table betrays neither names (nor passwords typed as names) nor addresses.

    Casefolded, so that writing a name in 32 ways does not give 32 times the guesses.
    """
    who = f"{unicodedata.normalize('NFKC', name).casefold()}\0{address}"
    return salted_hmac("accounts.LoginAttempt", who, algorithm="sha256").hexdigest()
