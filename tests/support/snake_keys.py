"""What of a JSON value is still named in snake_case."""

from collections.abc import Iterator
from typing import Any

# Nobody's fields: what senders and clients keep there is theirs.
OPAQUE = ("data",)


def snake_keys(value: Any, path: str = "") -> list[str]:
    """Paths of keys with an underscore, a sender's `data` left out."""
    return list(_snake_keys(value, path))


def _snake_keys(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _snake_keys(item, path)
    elif isinstance(value, dict):
        for name, held in value.items():
            if "_" in name:
                yield f"{path}.{name}"
            if name not in OPAQUE:
                yield from _snake_keys(held, f"{path}.{name}")


def camel(value: Any) -> Any:
    """By the rule alone, without knowing shapes: for comparing with what the server makes."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {_camel(name): held if name in OPAQUE else camel(held) for name, held in value.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
