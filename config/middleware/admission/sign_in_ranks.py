"""Priorities of concurrent sign-ins: known clients first, then new ones, then those that guess.

Kept in the memory of one process. It decides which sign-in waits; the throttle decides which is
allowed.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any
from urllib.parse import parse_qs

import orjson
from django.http import parse_cookie

from accounts.conf import conf
from accounts.users.devices import DEVICE_COOKIE, name_tag, read_device
from config.middleware.admission.clients import address_of

TOKEN_PATH = "/api/v1/auth/token"  # noqa: S105 - a path
ADMIN_PATH = "/admin/login/"
# Failures remembered for one address; further ones do not lower its priority.
FAILURES_KEPT = 15
# How long an address counts as one with successful sign-ins: people come back on the next day.
SUCCESSES_S = 86_400.0
# Addresses and names remembered, the latest ones; about ten megabytes.
REMEMBERED = 10_000
# Networks that one customer may rent whole: IPv4 addresses by 256, and IPv6 /48, which are 65,536
# times the /64 that counts as one client.
_IPV4_GROUP = 24
_IPV6_GROUP = 48
# A group shared by several addresses is charged with a quarter of its failures.
_GROUP_LEEWAY = 2
# More than a name and a password take, with every character escaped.
_MAX_NAMED_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Caller:
    """The client of a sign-in, as far as it is known before the password is checked.

    Failures count for `key`; `group` is the wider network of an address; `name` is a tag of the
    user name in the request.
    """

    lane: str
    group: str
    key: str
    name: str
    is_known: bool


class SignInRanks:
    """Remembers recent failures and successes by client."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # By key or group, newest last: the name tag and time of each failure.
        self._failures: OrderedDict[str, deque[tuple[str, float]]] = OrderedDict()
        # By address, and by address and name tag.
        self._successes: OrderedDict[str, float] = OrderedDict()

    def caller_of(self, scope: Mapping[str, Any], body: bytes) -> Caller:
        """Return the known device or address of the user name in the request, else the address."""
        name = _name_in(scope["path"], body)
        tag = name_tag(name) if name else ""
        device = read_device(_cookie_of(scope)) if tag else None
        # All sign-ins of a known user share one lane: an account gains no turns by having many
        # addresses.
        if device is not None and tag in device.names:
            return Caller(f"user {tag}", "", f"device {device.id}", tag, is_known=True)
        address = address_of(scope)
        if tag and self._succeeded(f"{address} {tag}"):
            return Caller(f"user {tag}", "", address, tag, is_known=True)
        return Caller(address, group_of(address), address, tag, self._succeeded(address))

    def rank_of(self, caller: Caller) -> int:
        """Return the rank, lower first. It grows with the logarithm of the failures."""
        failures = self._count(caller.key).bit_length()
        if caller.is_known:
            return failures
        of_group = self._count(caller.group).bit_length() if caller.group else 0
        return 1 + max(failures, of_group - _GROUP_LEEWAY)

    def record_status(self, caller: Caller, path: str, status: int) -> None:
        """Remember whether the sign-in succeeded or failed, by its status."""
        # The admin shows its form again with status 200 after a failure.
        success, failures = (302, (200, 429)) if path == ADMIN_PATH else (200, (401, 429))
        if status == success and caller.name:
            self._forgive(caller)
            for key in (caller.key, f"{caller.key} {caller.name}"):
                self._successes[key] = self._clock()
                self._successes.move_to_end(key)
            _forget_oldest(self._successes)
        elif status in failures:
            for key in filter(None, (caller.key, caller.group)):
                recent = self._failures.setdefault(key, deque(maxlen=FAILURES_KEPT))
                recent.append((caller.name, self._clock()))
                self._failures.move_to_end(key)
            _forget_oldest(self._failures)

    def _forgive(self, caller: Caller) -> None:
        """Forget the failures of this user name, but keep those of others at the same address."""
        for key in (caller.key, caller.group):
            if recent := self._failures.get(key):
                others = [failure for failure in recent if failure[0] != caller.name]
                self._failures[key] = deque(others, maxlen=FAILURES_KEPT)

    def _count(self, key: str) -> int:
        # The same period for which the throttle counts failures.
        since = self._clock() - conf().login_address_window_s
        return sum(at > since for _, at in self._failures.get(key, ()))

    def _succeeded(self, key: str) -> bool:
        at = self._successes.get(key)
        return at is not None and at > self._clock() - SUCCESSES_S


def group_of(address: str) -> str:
    """Return the wider network of an address; "" if it is not an address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    prefix = _IPV4_GROUP if isinstance(parsed, IPv4Address) else _IPV6_GROUP
    return str(ip_network((parsed, prefix), strict=False))


def _name_in(path: str, body: bytes) -> str:
    if len(body) > _MAX_NAMED_BYTES:
        return ""
    try:
        if path == ADMIN_PATH:
            return parse_qs(body.decode()).get("username", [""])[0]
        found: Any = orjson.loads(body) if path == TOKEN_PATH else {}
        name = found.get("username") if isinstance(found, dict) else None
    except ValueError:
        return ""
    return name if isinstance(name, str) else ""


def _cookie_of(scope: Mapping[str, Any]) -> str:
    for name, value in scope["headers"]:
        if name == b"cookie":
            return parse_cookie(value.decode("latin-1")).get(DEVICE_COOKIE, "")
    return ""


def _forget_oldest(remembered: OrderedDict[str, Any]) -> None:
    while len(remembered) > REMEMBERED:
        remembered.popitem(last=False)
