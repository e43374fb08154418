"""Write the tables of docs/operations.md from the settings that the apps declare.

A table stands between `<!-- settings: accounts.conf.Tokens -->` and `<!-- end of settings -->`, and
has a row for each field of that class.
"""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Final

from config.conf import ALL_SETTINGS
from env_settings import MISSING, Setting, sections
from tools.paths import ROOT

FILE: Final = ROOT / "docs" / "operations.md"
_HEAD: Final = "| variable | default | unit | meaning |\n|---|---|---|---|\n"
_TABLE: Final = re.compile(
    r"(?P<start><!-- settings: (?P<name>[\w.]+) -->\n).*?(?P<end><!-- end of settings -->)",
    re.DOTALL,
)


def tables() -> dict[str, str]:
    """Return each table by the name of its class."""
    made: dict[str, str] = {}
    for app in ALL_SETTINGS:
        for name, listed in sections(app.cls).items():
            rows = [_row(one, app.default(one)) for one in listed if not one.is_repeated]
            if rows:
                made[name] = _HEAD + "".join(rows)
    return made


def written(text: str, made: Mapping[str, str]) -> str:
    """Return `text` with its tables replaced. Raises ValueError if it has not each of them once."""
    named: Sequence[str] = [found["name"] for found in _TABLE.finditer(text)]
    if sorted(named) != sorted(made):
        raise ValueError(
            f"{FILE.name}: expected one table for each of {sorted(made)}, got {sorted(named)}"
        )
    return _TABLE.sub(lambda found: found["start"] + made[found["name"]] + found["end"], text)


def shown(value: object) -> str:
    """Return a value as the documentation shows it."""
    match value:
        case bool():
            return "on" if value else "off"
        case int() | float():
            return f"{value:.16g}"
        case "" | ():
            return "none"
        case str():
            return f"`{value}`"
        case tuple():
            return f"`{','.join(value)}`"
        case _:
            return f"`{dict(value)}`" if isinstance(value, Mapping) else repr(value)


def _row(one: Setting, default: object) -> str:
    text = one.shown or shown(default)
    if one.development is not MISSING:
        text += f"; {shown(one.development)} with `DEBUG`"
    reason = one.reason.replace("|", "\\|")
    return f"| `{one.env}` | {text} | {one.unit} | {reason} |\n"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    FILE.write_text(written(FILE.read_text(), tables()))
