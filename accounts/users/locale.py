"""Languages and time zones of users: the supported ones, and the parsing of their names.

A language is one of `settings.LANGUAGES`, a time zone a name of the IANA database. Both are ""
while unknown.
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
# Tags of RFC 5646 in use are shorter, and so are the lists that browsers send.
_TAG_CHARS = 64
_HEADER_CHARS = 500


def languages() -> dict[str, str]:
    """Return the supported languages by code, each with its own name."""
    return dict(settings.LANGUAGES)


def language_named(tag: Any) -> str:
    """Return the supported language of a BCP 47 tag: "ko" for "ko-KR" and "ko_KR"; "" for none."""
    if not isinstance(tag, str) or not 0 < len(tag) <= _TAG_CHARS or not tag.isascii():
        return ""
    try:
        # OpenID Connect Core, section 5.1: some issuers separate by an underscore.
        return get_supported_language_variant(tag.strip().replace("_", "-").lower())
    except LookupError:
        return ""


def language_accepted(header: str) -> str:
    """Return the first supported language of an `Accept-Language` header; "" for none."""
    for tag, _ in parse_accept_lang_header(header[:_HEADER_CHARS].lower()):
        if tag != "*" and (language := language_named(tag)):
            return language
    return ""


def time_zone_named(name: Any) -> str:
    """Return the time zone's name in the spelling of the IANA database; "" for an unknown one."""
    if not isinstance(name, str) or not 0 < len(name) <= TIME_ZONE_CHARS:
        return ""
    return _time_zones().get(name.strip().lower(), "")


def zone_of(name: str) -> ZoneInfo:
    """Return the user's time zone; the deployment's if it is unknown."""
    return ZoneInfo(time_zone_named(name) or settings.TIME_ZONE)


@lru_cache(maxsize=1)
def _time_zones() -> dict[str, str]:
    # Those of the system and of the package `tzdata`, which is used where the system has none.
    return {name.lower(): name for name in available_timezones()}
