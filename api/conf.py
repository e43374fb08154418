"""The settings of REST requests, whatever the app."""

from dataclasses import dataclass

from django.conf import settings
from django.core.signals import setting_changed

from env_settings import declare, setting


@dataclass(frozen=True)
class ApiSettings:
    """Limits of a request, and the case of its fields."""

    max_body_bytes: int = setting(
        8 * 1024 * 1024,
        "bytes",
        "one JSON body; 413 beyond. 10,000 recipients by long external ids are 2.6 MB, and a "
        "document sent as JSON may take some megabytes more. The body is parsed in one piece",
        least=1,
    )
    max_path_chars: int = setting(
        1_024,
        "characters",
        "a URL's path; 414 beyond. The longest of our own, with ids of 128 characters, has 200. A "
        "route of Django's admin takes quadratic time: 7 ms for so many characters, and 20 s for "
        "60,000",
        least=1,
    )
    json_case: str = setting(
        "snake",
        "",
        "`camel` names the fields of notifications, jobs, rooms, people and matching in camelCase, "
        "on REST and every transport, and counts pages from 0 "
        "([docs/protocol.md](protocol.md#the-case-of-fields)). Instances may differ, and it may be "
        "changed at any time: the log has one case. The portal, the client library and "
        "`bellwire_client` work with either; OpenAPI shows the instance's own",
        choices=("snake", "camel"),
    )


conf = declare(ApiSettings, settings, setting_changed)
