"""Limits the guessing of passwords: how many sign-ins may fail before the next is refused.

Three budgets, spent by failures only:

    name and address   10 a minute     one client that guesses at one account
    address            300 in 10 min   one client that tries many names; IPv6 by /64, as one client
                                       has all of it
    name               100 an hour     one account, from many addresses

A browser in which this user has signed in before (`accounts/users/devices.py`) has a budget of its
own and spends none of these: exhausting a name's budget, or that of an office's address, locks
nobody out of a browser that they use.

An attempt is stored before its password is checked, and ranked before and after that: parallel
guesses see each other, and an attempt refused afterwards is refused whether the password was right
or wrong. A success deletes the failures of the same name and address before it.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

from accounts.conf import conf
from accounts.models import LoginAttempt
from api.errors import ApiError, Code
from realtime import database_now, engine_conf
from text.names import fold


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `failures` rows with the same `column` within `window` seconds: names of settings."""

    column: str
    failures: str
    window: str


_BUDGETS = (
    Budget("key", "login_failures", "login_window_s"),
    Budget("address_key", "login_address_failures", "login_address_window_s"),
    Budget("name_key", "login_name_failures", "login_name_window_s"),
    Budget("device_key", "login_device_failures", "login_name_window_s"),
)


def begin_attempt(*, name: str, address: str, device: str = "") -> LoginAttempt | None:
    """Store an attempt; None while throttles are off. Raises `ApiError` (RATE_LIMITED).

    `address` is "" if unknown, and `device` if the browser does not know this user.
    """
    if not engine_conf().throttles:
        return None
    attempt = LoginAttempt(at=database_now(), **_keys(name, network_of(address), device))
    # Checked before anything is written: a flood of refused attempts only reads.
    _refuse_beyond_limit(attempt)
    attempt.save()
    _refuse_beyond_limit(attempt)
    return attempt


def record_success(attempt: LoginAttempt | None) -> None:
    """Delete a successful attempt, and the failures just before it.

    Raises `ApiError` (RATE_LIMITED): the attempt is ranked once more, as an earlier one may have
    been committed after the first check.
    """
    if attempt is not None:
        _refuse_beyond_limit(attempt)
        LoginAttempt.objects.filter(key=attempt.key).delete()


def record_failure(attempt: LoginAttempt | None) -> None:
    """Keep a failed attempt. Raises `ApiError` as `record_success` does.

    If only a right password were refused at this point, the refusal would reveal that it is right.
    """
    if attempt is not None:
        _refuse_beyond_limit(attempt)


def withdraw_attempt(attempt: LoginAttempt | None) -> None:
    """Delete an attempt whose password was not checked."""
    if attempt is not None:
        attempt.delete()


def network_of(address: str) -> str:
    """Return the network that counts as one client: an IPv4 address, the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))


def _keys(name: str, network: str, device: str) -> dict[str, str]:
    if device:
        return {"key": _key(name, device), "device_key": _key("device", name, device)}
    return {
        "key": _key(name, network),
        "name_key": _key("name", name),
        "address_key": _key("address", network) if network else "",
    }


def _refuse_beyond_limit(attempt: LoginAttempt) -> None:
    delay = _delay_until_allowed(attempt)
    if delay is None:
        return
    if attempt.pk is not None:
        attempt.delete()
    raise ApiError(Code.RATE_LIMITED, "Too many failed sign-ins", retry_after=delay)


def _delay_until_allowed(attempt: LoginAttempt) -> float | None:
    """Return the seconds until the attempt is within all of its budgets; None if it is."""
    delays = [
        delay for budget in _BUDGETS if (delay := _delay_of_budget(attempt, budget)) is not None
    ]
    return max(delays, default=None)


def _delay_of_budget(attempt: LoginAttempt, budget: Budget) -> float | None:
    value = getattr(attempt, budget.column)
    if not value:
        return None
    window = timedelta(seconds=getattr(conf(), budget.window))
    failures: int = getattr(conf(), budget.failures)
    earlier = LoginAttempt.objects.filter(**{budget.column: value}, at__gt=attempt.at - window)
    if attempt.pk is not None:
        earlier = earlier.filter(id__lt=attempt.pk)
    newest: list[datetime] = list(earlier.order_by("-at").values_list("at", flat=True)[:failures])
    if len(newest) < failures:
        return None
    return (newest[-1] + window - attempt.at).total_seconds()


def _key(*parts: str) -> str:
    """Return a keyed hash, so that the table reveals neither names (nor passwords typed as names)
    nor addresses.

    The parts are folded, so that writing a name in 32 ways does not give 32 times the guesses.
    """
    text = "\0".join(map(fold, parts))
    return salted_hmac("accounts.LoginAttempt", text, algorithm="sha256").hexdigest()
