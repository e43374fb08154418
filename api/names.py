"""Field names in both cases: snake_case as in the code and the log, camelCase for `camel` clients.

Each shape lists its fields of more than one word. Other keys (a sender's `data`, a category, a
client's own room settings) are passed through unchanged, with everything inside them.
"""

import re
from collections import ChainMap
from collections.abc import Mapping
from typing import Any

import orjson

_WORDS = re.compile(r"[A-Za-z0-9_]+")
# Behind these a sentence repeats what the client has sent: "No such user: …", "Expected …, got …".
# A field before a colon stands in backticks, and what follows is about it.
_ECHOED = re.compile(r"(?<!`): |, got ")
# A value in quotes, as Django REST framework repeats it ("created_at" is not a valid choice), or a
# word. An apostrophe within a word is none.
_QUOTED_OR_WORD = re.compile(r"\"[^\"]*+\"|(?<![A-Za-z0-9_])'[^']*+'|[A-Za-z0-9_]+")


class NamedTwiceError(ValueError):
    """A field given in both cases with different values. `path` is its path in snake_case."""

    def __init__(self, field: str, twin: str) -> None:
        super().__init__(f"`{field}` and `{twin}` are the same field; give one of them")
        self.path = field


def camel_case(name: str) -> str:
    """Convert `reference_id` to `referenceId`."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


class Names:
    """The fields of a shape to rename, and the shapes of its nested objects.

    A list of objects has the names of each object. Immutable; `|` merges two shapes.
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
        """Return the value with its fields in camelCase."""
        if isinstance(value, list | tuple):
            return [self.camel(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        return {
            self._camel.get(name, name): self._inner(name).camel(item)
            for name, item in value.items()
            # A client's own key with the camelCase name of a field gives way to the field.
            if not (name in self._snake and self._snake[name] in value)
        }

    def snake(self, value: Any) -> Any:
        """Return the value with its fields in snake_case, whichever case they have.

        Raises `NamedTwiceError`.
        """
        if isinstance(value, list | tuple):
            return [self.snake(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        found: dict[str, Any] = {}
        for name, item in value.items():
            field = self._snake[name] if name in self._snake else str(name)
            try:
                inner = self._inner(field).snake(item)
            except NamedTwiceError as error:
                error.path = f"{field}.{error.path}"
                raise
            if field in found and not _is_same_json(found[field], inner):
                raise NamedTwiceError(field, self._camel[field])
            found[field] = inner
        return found

    def camel_path(self, path: str) -> str:
        """Convert a path such as `settings.work_s` or `user_ids.0`, as far as the shape is
        known.
        """
        name, dot, rest = path.partition(".")
        if name.isdecimal():
            return name + dot + self.camel_path(rest) if dot else name
        renamed = self._camel.get(name, name)
        return renamed + dot + self._inner(name).camel_path(rest) if dot else renamed

    def camel_text(self, text: str) -> str:
        """Convert the field names in an error's sentence, at any depth.

        The client's own words, which it gave as a value, are left unchanged: they stand in quotes,
        or behind a colon or `got`. A sentence that names a field in both cases is about the cases,
        and is left unchanged as a whole.
        """
        words = set(_WORDS.findall(text))
        renamed = {field: self._camel_anywhere.get(field, field) for field in words}
        if any(field != name and name in words for field, name in renamed.items()):
            return text
        echoed = _ECHOED.search(text)
        end = echoed.start() if echoed else len(text)
        named = _QUOTED_OR_WORD.sub(lambda found: renamed.get(found[0], found[0]), text[:end])
        return named + text[end:]

    def camel_error(self, error: Mapping[str, Any]) -> dict[str, Any]:
        """Return an error `{code, message, errors?}` with its fields in camelCase."""
        renamed = {**error, "message": self.camel_text(str(error["message"]))}
        if "errors" in error:
            renamed["errors"] = {
                self.camel_path(path): [self.camel_text(str(fault)) for fault in faults]
                for path, faults in error["errors"].items()
            }
        return renamed

    def _inner(self, name: str) -> "Names":
        return self.within.get(name, NONE)


class OrError(Names):
    """A shape, or in its place an error about the fields of that shape."""

    def __init__(self, shape: Names) -> None:
        super().__init__(*shape.fields, **shape.within)

    def camel(self, value: Any) -> Any:
        if isinstance(value, Mapping) and {"code", "message"} <= value.keys():
            return self.camel_error(value)
        return super().camel(value)


class _NoNames(Names):
    """The shape of values that are passed through unchanged."""

    def camel(self, value: Any) -> Any:
        return value

    def snake(self, value: Any) -> Any:
        return value

    def camel_path(self, path: str) -> str:
        return path


NONE: Names = _NoNames()


def _is_same_json(first: Any, second: Any) -> bool:
    # Compared as JSON: true is not 1, and 1 is not 1.0.
    options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(first, option=options) == orjson.dumps(second, option=options)
