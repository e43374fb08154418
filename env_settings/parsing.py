"""A variable's text as a value of the setting's type, or an error that says what is expected."""

import json
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar, get_origin

from env_settings.fields import Setting

N = TypeVar("N", int, float)

_TRUE: Final = ("1", "on", "true", "yes", "y", "ok")
_FALSE: Final = ("", "0", "off", "false", "no", "n")


class SettingError(ValueError):
    """Variables have values that their settings do not accept; `args` has a text for each."""

    def __str__(self) -> str:
        return "; ".join(self.args)


def is_development(environment: Mapping[str, str]) -> bool:
    """Return whether `DEBUG` is on, which changes some defaults."""
    return environment.get("DEBUG", "").lower() in _TRUE


def parse(declared: Setting, text: str) -> Any:
    """Return the value of a setting from its variable's text. Raises `SettingError`."""
    try:
        value = _readers[get_origin(declared.kind) or declared.kind](declared, text)
        if declared.check is not None:
            declared.check(value)
    except ValueError as error:
        raise SettingError(f"{declared.env}: {error}") from None
    return value


def expected(declared: Setting) -> str:
    """Return what a number must be, in words: "a whole number from 1 to 65535"."""
    kind = "a whole number" if declared.kind is int else "a number"
    unit = f" ({declared.unit})" if declared.unit else ""
    return f"{kind} from {declared.least:.15g} to {declared.most:.16g}{unit}"


def _whole(declared: Setting, text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise ValueError(f"expected {expected(declared)}, got {text!r}") from None
    return _in_range(declared, value, text)


def _number(declared: Setting, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"expected {expected(declared)}, got {text!r}")
    return _in_range(declared, value, text)


def _in_range(declared: Setting, value: N, text: str) -> N:
    if not declared.least <= value <= declared.most:
        raise ValueError(f"expected {expected(declared)}, got {text!r}")
    return value


def _switch(declared: Setting, text: str) -> bool:
    word = text.lower()
    if word not in _TRUE + _FALSE:
        raise ValueError(f"expected on or off, got {text!r}")
    return word in _TRUE


def _text(declared: Setting, text: str) -> str:
    if declared.choices and text not in declared.choices:
        raise ValueError(f"expected {' or '.join(declared.choices)}, got {text!r}")
    return text


def _list(declared: Setting, text: str) -> tuple[str, ...]:
    return tuple(item for item in text.split(",") if item)


def _object(declared: Setting, text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ValueError(f"expected a JSON object: {error}") from None
    if isinstance(value, dict):
        return MappingProxyType(value)
    raise ValueError(f"expected a JSON object, got {text!r}")


_readers: Final[Mapping[Any, Callable[[Setting, str], Any]]] = {
    int: _whole,
    float: _number,
    bool: _switch,
    str: _text,
    Literal: _text,
    tuple: _list,
    Mapping: _object,
}
