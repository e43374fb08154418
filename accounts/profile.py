"""A user's language and time zone: set by hand, or filled in where nothing is known yet.

What was set is never overwritten by what a browser or an issuer says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.locale import language_named, time_zone_named
from accounts.models import User
from realtime import unit_of_work


@dataclass(frozen=True, slots=True)
class Locale:
    """A language and a time zone; "" where nothing is known."""

    language: str = ""
    time_zone: str = ""


Listener = Callable[[int, Locale], None]
_listeners: list[Listener] = []


def on_locale_changed(listener: Listener) -> None:
    """Have `listener` called with the user's id and locale, in the transaction that changes it."""
    _listeners.append(listener)


def set_locale(*, user_id: int, wanted: Mapping[str, str]) -> User:
    """Set `language`, `time_zone` or both, as the user says. Setting what is set tells nobody.

    `wanted` holds supported values only. Raises `User.DoesNotExist`.
    """
    with unit_of_work():
        # Of two changes at once the later one is told last, with what the earlier one has set.
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
    """Give the user what is known of neither language nor time zone yet; costs nothing otherwise.

    `guess` may be anything that a browser or an issuer has said; what is not supported is ignored.
    """
    known = Locale(language_named(guess.language), time_zone_named(guess.time_zone))
    for name in ("language", "time_zone"):
        value = getattr(known, name)
        if value and not getattr(user, name):
            # The condition again: somebody may have set it by hand meanwhile.
            if User.objects.filter(pk=user.pk, **{name: ""}).update(**{name: value}):
                setattr(user, name, value)
            else:
                user.refresh_from_db(fields=[name])


def claimed_locale(claims: Mapping[str, Any]) -> Locale:
    """What an issuer says of its user (OpenID Connect Core 1.0, section 5.1)."""
    return Locale(language_named(claims.get("locale")), time_zone_named(claims.get("zoneinfo")))
