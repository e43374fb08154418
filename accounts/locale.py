"""Languages and time zones of users: what is supported, and how clients and issuers name it.

A language is one of `settings.LANGUAGES`, a time zone a name of the IANA database. Both are "" for
a user of whom nothing is known.
"""

from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

LANGUAGE_CHARS = 16
# The longest name of the IANA database has 32.
TIME_ZONE_CHARS = 64
# A tag of RFC 5646 that anybody uses is shorter, and so is what browsers send of several.
_TAG_CHARS = 64
_HEADER_CHARS = 500


def languages() -> dict[str, str]:
    """The supported languages by their codes, each called by its own name."""
    return dict(settings.LANGUAGES)


def language_named(tag: Any) -> str:
    """The supported language of a BCP 47 tag: "ko" for "ko-KR", and for "ko_KR"; "" for none."""
    if not isinstance(tag, str) or not 0 < len(tag) <= _TAG_CHARS or not tag.isascii():
        return ""
    try:
        # OpenID Connect Core, section 5.1: some issuers separate by an underscore.
        return get_supported_language_variant(tag.strip().replace("_", "-").lower())
    except LookupError:
        return ""


def language_accepted(header: str) -> str:
    """The first supported language of an `Accept-Language` header; "" for none."""
    for tag, _ in parse_accept_lang_header(header[:_HEADER_CHARS].lower()):
        if tag != "*" and (language := language_named(tag)):
            return language
    return ""


def time_zone_named(name: Any) -> str:
    """The time zone's name as the IANA database spells it; "" if there is none of that name."""
    if not isinstance(name, str) or not 0 < len(name) <= TIME_ZONE_CHARS:
        return ""
    return _time_zones().get(name.strip().lower(), "")


def zone_of(name: str) -> ZoneInfo:
    """The user's time zone; the deployment's where nothing is known of it."""
    return ZoneInfo(time_zone_named(name) or settings.TIME_ZONE)


@lru_cache(maxsize=1)
def _time_zones() -> dict[str, str]:
    # Those of the system and of the package `tzdata`, which stands in where the system has none.
    return {name.lower(): name for name in available_timezones()}
