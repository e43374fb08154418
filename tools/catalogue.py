"""`make generate`: write the server's vocabulary down for the client library.

`frontend/src/realtime/catalogue.ts` is made here and checked in; tests/docs/test_catalogue.py fails
where it is not what the server says.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

import django

from realtime.protocol.errors import DAPHNE_CODES, Close, error_codes
from realtime.protocols.json import codec as json_codec
from realtime.registries import commands
from tools.paths import FRONTEND, ROOT

FILE = FRONTEND / "src" / "realtime" / "catalogue.ts"
REPLIES = ["connected", "subscribed", "unsubscribed", "pong", "ok", "error"]
# What a service publishes: `publish(topic, "…", …)`, and `publish_to_user(user, "…", …)`.
PUBLISHED = re.compile(
    r"""\b(?:publish|publish_to_user)\(\s*(?:f?"[^"]*"|[^(),"]|\([^()]*\))+,\s*"([a-z_.]+)","""
)


def sources(*rooms: str) -> str:
    """The Python text of some rooms."""
    files: list[Path] = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    return "\n".join(path.read_text() for path in files)


def events() -> list[str]:
    """The types of all events that services publish."""
    return sorted(set(PUBLISHED.findall(sources("notifications", "chat"))))


def catalogue() -> str:
    """The TypeScript text."""
    closes = [
        f"  {{ code: {close.code}, reason: '{close.reason}', "
        f"error: {_text(close.error) if close.error else 'null'} }},"
        for close in Close
    ]
    twins = [f"  [{twin}, {code}]," for code, twin in sorted(DAPHNE_CODES.items())]
    return "\n".join(
        [
            "/** Made by `make generate` from the server's words: do not edit. */",
            "",
            *_list("ERROR_CODES", error_codes()),
            *_list("COMMANDS", [*json_codec._READERS, *sorted(commands.names())]),
            *_list("REPLIES", REPLIES),
            *_list("EVENTS", events()),
            "export const CLOSES = [",
            *closes,
            "] as const",
            "",
            "/** daphne can send neither these codes nor reasons: [what it sends, for what]. */",
            "export const DAPHNE_TWINS = [",
            *twins,
            "] as const",
            "",
        ]
    )


def _list(name: str, values: Iterable[str]) -> list[str]:
    rows = [f"  {_text(value)}," for value in values]
    return [f"export const {name} = [", *rows, "] as const", ""]


def _text(value: str) -> str:
    return f"'{value}'"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Apps register their commands when they are ready.
    django.setup()
    FILE.write_text(catalogue())
