"""Front matter of Markdown: YAML between `---`, or TOML between `+++`.

Only the title is used. Anything else at the beginning is text of the document.
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
# Larger blocks are not front matter. The YAML parser, in Python, takes 1 ms per kilobyte.
_FRONT_CHARS: Final = 16 * 1024
# Longer titles are cut.
_TITLE_CHARS: Final = 500


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The end of the front matter, and its title or ""."""

    end: int = 0
    title: str = ""


def read(text: str) -> FrontMatter:
    """The front matter at the beginning of a text, if there is one."""
    found = _FRONT.match(text[:_FRONT_CHARS])
    if found is None:
        return FrontMatter()
    values = _toml(found[2]) if found[1] == "+++" else _yaml(found[2])
    if not isinstance(values, dict):
        return FrontMatter()
    title = next((value for key, value in values.items() if str(key).lower() == "title"), "")
    title = str(title)[:_TITLE_CHARS] if isinstance(title, str | int | float) else ""
    return FrontMatter(found.end(), " ".join(title.split()))


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return None


def _yaml(text: str) -> Any:
    import yaml  # only needed for front matter

    try:
        return yaml.load(text, Loader=_loader())  # noqa: S506 - constructs strings, lists and mappings only
    except (yaml.YAMLError, RecursionError):
        # `title: Leave: how to take it` is common, but invalid YAML.
        found = _TITLE.search(text)
        return {"title": found[1].strip(" \t\"'")} if found else None


@cache
def _loader() -> "type[BaseLoader]":
    import yaml  # only needed for front matter

    class WithoutAliases(yaml.BaseLoader):
        """Refuses aliases, which can expand a few lines to a value of any size."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("aliases are not read")
            return super().compose_node(parent, index)

    return WithoutAliases
