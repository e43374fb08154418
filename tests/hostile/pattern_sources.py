"""Every regular expression in our Python packages, found in their source.

A pattern that is written down is evaluated in its module. One that is put together while the
program runs must be named in `BUILT`, with what gives the patterns that it becomes: otherwise the
search fails, so no new pattern goes unseen.
"""

import ast
import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = (
    "config",
    "realtime",
    "accounts",
    "notifications",
    "chat",
    "api",
    "bellwire_client",
    "text",
)
# Where graphemes are found, which `re` cannot; its one pattern is a reader of `parsers.py`.
_OTHER_LIBRARY: Final = "text/graphemes.py"
# Of `re`: the place of the flags among the arguments.
_FUNCTIONS: Final = {
    "compile": 1,
    "search": 2,
    "match": 2,
    "fullmatch": 2,
    "findall": 2,
    "finditer": 2,
    "split": 3,
    "sub": 4,
    "subn": 4,
}
# A pattern that is only matched begins in one place; one that is searched for, in any.
_ANCHORED: Final = frozenset({"match", "fullmatch"})

Built = Callable[[], list[re.Pattern[Any]]]


@dataclass(frozen=True, slots=True)
class Source:
    """A pattern, where it stands, and the ways in which it is used."""

    where: str
    pattern: re.Pattern[Any]
    ways: frozenset[str]

    def run(self, text: Any) -> None:
        """Look for the pattern in `text` as the program does."""
        if self.ways - _ANCHORED:
            for _ in self.pattern.finditer(text):
                pass
        if "match" in self.ways:
            self.pattern.match(text)
        if "fullmatch" in self.ways:
            self.pattern.fullmatch(text)

    def text(self, text: str) -> Any:
        """A text of the kind that the pattern reads."""
        return text.encode() if isinstance(self.pattern.pattern, bytes) else text


class UnknownPatternError(Exception):
    """A pattern that cannot be evaluated, and is not in `BUILT`."""


def _destinations() -> list[re.Pattern[Any]]:
    from realtime.registries import stream_views

    return [pattern for pattern, _ in (*stream_views._view_factories, *stream_views._senders)]


def _closing_tags() -> list[re.Pattern[Any]]:
    from chat.assistant.generators import reasoning

    return list(reasoning._CLOSE.values())


# Patterns that are made of arguments, and those that are made in the running program.
BUILT: Final[Mapping[str, Built]] = {
    "realtime/registries/stream_views.py: re.escape(pattern).replace('\\\\{id\\\\}', _ID)": (
        _destinations
    ),
    "chat/assistant/generators/reasoning.py: re.escape(close)": _closing_tags,
}


def python_sources() -> list[Source]:
    """Every pattern of our packages. Raises `UnknownPatternError`."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            found += list(_of_file(path))
    return found


def _of_file(path: Path) -> Iterator[Source]:
    place = path.relative_to(ROOT).as_posix()
    source = path.read_text()
    # Parsing takes long, and most files name neither library.
    if not re.search(r"\b(?:re|regex)\b", source):
        return
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "re":
            raise UnknownPatternError(f"{place}: write `import re`, so that patterns are found")
        if isinstance(node, ast.Import):
            for name in node.names:
                is_regex = name.name == "regex" and place != _OTHER_LIBRARY
                if is_regex or (name.name == "re" and name.asname):
                    raise UnknownPatternError(f"{place}: write `import re`")
    calls = [node for node in ast.walk(tree) if _is_call_of_re(node)]
    if not calls:
        return
    module = importlib.import_module(place.removesuffix(".py").replace("/", "."))
    for call in calls:
        yield from _sources(place, module, tree, call)


def _is_call_of_re(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in _FUNCTIONS
    )


def _sources(place: str, module: ModuleType, tree: ast.Module, call: Any) -> Iterator[Source]:
    function = call.func.attr
    ways = _ways(tree, call) if function == "compile" else frozenset({function})
    where = f"{place}: {ast.unparse(call.args[0])}"
    if where in BUILT:
        for pattern in BUILT[where]():
            yield Source(f"{place}: {pattern.pattern!r}", pattern, ways)
        return
    flags = next((each.value for each in call.keywords if each.arg == "flags"), None)
    if flags is None and len(call.args) > _FUNCTIONS[function]:
        flags = call.args[_FUNCTIONS[function]]
    try:
        pattern = re.compile(
            _evaluated(call.args[0], module), 0 if flags is None else _evaluated(flags, module)
        )
    except NameError:
        raise UnknownPatternError(
            f"{where!r} is made while the program runs: add it to BUILT"
        ) from None
    yield Source(f"{place}: {pattern.pattern!r:.120}", pattern, ways)


def _evaluated(node: ast.expr, module: ModuleType) -> Any:
    expression = ast.fix_missing_locations(ast.Expression(body=node))
    return eval(compile(expression, module.__name__, "eval"), vars(module))  # noqa: S307


def _ways(tree: ast.Module, call: ast.Call) -> frozenset[str]:
    """The methods of a compiled pattern that its module calls; all if that cannot be seen."""
    every = frozenset(_FUNCTIONS) - {"compile"}
    name = next(
        (
            node.targets[0].id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and node.value is call
            and isinstance(node.targets[0], ast.Name)
        ),
        "",
    )
    # What has a public name may be used elsewhere.
    if not name.startswith("_"):
        return every
    called: set[str] = set()
    uses = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            uses += 1
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == name
        ):
            called.add(node.attr)
            uses -= 1
    return frozenset(called) if called <= every and not uses else every
