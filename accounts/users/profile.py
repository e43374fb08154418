"""A user's language and time zone: set by hand, or filled in while unknown.

Values set by hand are never overwritten by those of a browser or an issuer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from accounts.users.locale import language_named, time_zone_named
from realtime import unit_of_work


@dataclass(frozen=True, slots=True)
class Locale:
    """A language and a time zone; "" while unknown."""

    language: str = ""
    time_zone: str = ""


Listener = Callable[[int, Locale], None]
_listeners: list[Listener] = []


def on_locale_changed(listener: Listener) -> None:
    """Register `listener` for the user's id and locale, called in the transaction that
    changes it.
    """
    _listeners.append(listener)


def set_locale(*, user_id: int, wanted: Mapping[str, str]) -> User:
    """Set the `language`, `time_zone` or both in `wanted`. Unchanged values notify no listener.

    The values must be supported ones. Raises `User.DoesNotExist`.
    """
    with unit_of_work():
        # The lock orders concurrent changes: the later one notifies last, with both changes.
        user = User.objects.select_for_update().get(pk=user_id)
        changed = {name: value for name, value in wanted.items() if getattr(user, name) != value}
        if changed:
            User.objects.filter(pk=user_id).update(**changed)
            for name, value in changed.items():
                setattr(user, name, value)
            for listener in _listeners:
                listener(user_id, Locale(user.language, user.time_zone))
        return user


def fill_locale(user: User, guess: Locale) -> None:
    """Fill in an unknown language or time zone of the user; otherwise it takes no query.

    `guess` may hold any values of a browser or an issuer; unsupported ones are ignored.
    """
    supported = Locale(language_named(guess.language), time_zone_named(guess.time_zone))
    for name in ("language", "time_zone"):
        value = getattr(supported, name)
        if value and not getattr(user, name):
            # The condition is repeated in the database: the user may have set it meanwhile.
            if User.objects.filter(pk=user.pk, **{name: ""}).update(**{name: value}):
                setattr(user, name, value)
            else:
                user.refresh_from_db(fields=[name])


def claimed_locale(claims: Mapping[str, Any]) -> Locale:
    """Return the locale in an issuer's claims (OpenID Connect Core 1.0, section 5.1)."""
    return Locale(language_named(claims.get("locale")), time_zone_named(claims.get("zoneinfo")))
