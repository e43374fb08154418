"""The names of fields in both cases: as the code and the log have them, and as `camel` clients do.

Each shape lists its own fields of more than one word. Nothing else is renamed: what is not listed
(a sender's `data`, a category, a room's settings of a client's own) passes through untouched, and
so does all that is within it.
"""

import re
from collections import ChainMap
from collections.abc import Mapping
from typing import Any

import orjson

_WORDS = re.compile(r"[A-Za-z0-9_]+")


class NamedTwiceError(ValueError):
    """One field, given in both cases with different values. `path` leads to it, in snake_case."""

    def __init__(self, field: str, twin: str) -> None:
        super().__init__(f"`{field}` and `{twin}` are the same field; give one of them")
        self.path = field


def camel_case(name: str) -> str:
    """`reference_id` as `referenceId`."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


class Names:
    """The fields of a shape that have two names, and the shapes of those that hold objects.

    A list of objects has the names of each. Immutable; `|` merges two shapes.
    """

    def __init__(self, *fields: str, **within: "Names") -> None:
        self.fields = frozenset(fields)
        self.within = within
        self._camel = {field: camel_case(field) for field in self.fields}
        self._snake = {camel: field for field, camel in self._camel.items()}
        inner = [names._camel_anywhere for names in within.values()]
        self._camel_anywhere: dict[str, str] = dict(ChainMap(self._camel, *inner))

    def __or__(self, other: "Names") -> "Names":
        return Names(*self.fields, *other.fields, **{**self.within, **other.within})

    def camel(self, value: Any) -> Any:
        """The value with its fields named in camelCase."""
        if isinstance(value, list | tuple):
            return [self.camel(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        return {
            self._camel.get(name, name): self._inner(name).camel(held)
            for name, held in value.items()
            # What is stored under the camelCase name is a client's own, and gives way.
            if not (name in self._snake and self._snake[name] in value)
        }

    def snake(self, value: Any) -> Any:
        """The value with its fields named in snake_case, whichever of the two it has.

        Raises `NamedTwiceError`.
        """
        if isinstance(value, list | tuple):
            return [self.snake(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        found: dict[str, Any] = {}
        for name, held in value.items():
            field = self._snake[name] if name in self._snake else str(name)
            try:
                inner = self._inner(field).snake(held)
            except NamedTwiceError as error:
                error.path = f"{field}.{error.path}"
                raise
            if field in found and not _same(found[field], inner):
                raise NamedTwiceError(field, self._camel[field])
            found[field] = inner
        return found

    def camel_path(self, path: str) -> str:
        """`settings.work_s`, `user_ids.0` in camelCase, as far as the shape is known."""
        name, dot, rest = path.partition(".")
        if name.isdecimal():
            return name + dot + self.camel_path(rest) if dot else name
        shown = self._camel.get(name, name)
        return shown + dot + self._inner(name).camel_path(rest) if dot else shown

    def camel_text(self, text: str) -> str:
        """A sentence of an error, with the fields that it names in camelCase, at any depth.

        One that names a field in both cases speaks of them, and stays.
        """
        there = set(_WORDS.findall(text))
        shown = {field: self._camel_anywhere.get(field, field) for field in there}
        if any(field != name and name in there for field, name in shown.items()):
            return text
        return _WORDS.sub(lambda found: shown[found[0]], text)

    def _inner(self, name: str) -> "Names":
        return self.within.get(name, NONE)


class _NoNames(Names):
    """Of what is not looked into."""

    def camel(self, value: Any) -> Any:
        return value

    def snake(self, value: Any) -> Any:
        return value

    def camel_path(self, path: str) -> str:
        return path


NONE: Names = _NoNames()


def _same(one: Any, other: Any) -> bool:
    # In JSON true is not 1, and 1 is not 1.0.
    options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(one, option=options) == orjson.dumps(other, option=options)
