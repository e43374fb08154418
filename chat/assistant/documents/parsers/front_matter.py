"""The metadata in front of Markdown: YAML between `---`, or TOML between `+++`.

Only its title is asked for. What stands there and is no metadata is text of the document.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from yaml import BaseLoader

_FRONT = re.compile(
    r"\A(---|\+\+\+)[ \t]*+\n(.*?)^(?:\1|\.\.\.)[ \t]*+(?:\n|\Z)", re.MULTILINE | re.DOTALL
)
_TITLE = re.compile(r"^title:([^\n]+)", re.MULTILINE | re.IGNORECASE)
# What is larger is no metadata. YAML is read in Python, a kilobyte in a millisecond.
_FRONT_CHARS: Final = 16 * 1024
# A title of more lines or of a nested value is none.
_TITLE_CHARS: Final = 500


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Where it ends, and the title that it gives, or ""."""

    end: int = 0
    title: str = ""


def read(text: str) -> FrontMatter:
    """The metadata with which a text begins, if it does."""
    found = _FRONT.match(text[:_FRONT_CHARS])
    if found is None:
        return FrontMatter()
    said = _toml(found[2]) if found[1] == "+++" else _yaml(found[2])
    if not isinstance(said, dict):
        return FrontMatter()
    title = next((value for key, value in said.items() if str(key).lower() == "title"), "")
    title = str(title)[:_TITLE_CHARS] if isinstance(title, str | int | float) else ""
    return FrontMatter(found.end(), " ".join(title.split()))


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return None


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.load(text, Loader=_loader())  # noqa: S506 - makes texts, lists and mappings only
    except (yaml.YAMLError, RecursionError):
        # `title: Leave: how to take it` is common, and no YAML.
        found = _TITLE.search(text)
        return {"title": found[1].strip(" \t\"'")} if found else None


@cache
def _loader() -> "type[BaseLoader]":
    import yaml

    class WithoutAliases(yaml.BaseLoader):
        """Aliases make a value of any size out of a few lines, and no title needs one."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("aliases are not read")
            return super().compose_node(parent, index)

    return WithoutAliases
