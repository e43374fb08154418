"""One field of a settings class: what is known of a setting, and how it is declared."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import Field, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast, get_type_hints

T = TypeVar("T")

MISSING: Final = NO_DEFAULT
_KEY: Final = "setting"
# Values beyond these overflow somewhere: a `timedelta`, a date, a 64-bit column or a double.
_MOST: Final[Mapping[str, int]] = {"s": 315_360_000, "min": 5_256_000, "days": 36_500}
_MOST_OF_ALL: Final = 2**53


@dataclass(frozen=True, slots=True)
class Setting:
    """A declared setting. `env` is its variable, `project_name` its name in Django's settings."""

    field: str
    env: str
    project_name: str
    kind: Any
    default: Any
    unit: str
    reason: str
    # The default while `DEBUG` is on, or `MISSING`.
    development: Any
    # The range of a number, both ends included.
    least: float
    most: float
    choices: Sequence[str]
    # Raises ValueError on a value that is not accepted.
    check: Callable[[Any], None] | None
    # The default as the documentation shows it, where the value itself says little.
    shown: str
    # Another class declares and documents this variable: two packages read it that may not import
    # each other.
    is_repeated: bool


def setting(
    default: T,
    unit: str,
    reason: str,
    *,
    env: str = "",
    project_name: str = "",
    development: Any = MISSING,
    least: float = 0,
    most: float | None = None,
    choices: Sequence[str] = (),
    check: Callable[[Any], None] | None = None,
    shown: str = "",
    is_secret: bool = False,
    is_repeated: bool = False,
) -> T:
    """Declare a field of a settings class.

    `unit` is the unit of a number ("s", "bytes", "requests"), or "" for anything else. `reason`
    says what the setting does and why its default is what it is; it becomes the variable's text in
    docs/operations.md. The variable is `BELLWIRE_<FIELD>` unless `env` names another. The value of
    a secret is left out of the object's `repr`.
    """
    details = {
        "unit": unit,
        "reason": reason,
        "env": env,
        "project_name": project_name,
        "development": development,
        "least": least,
        "most": most,
        "choices": choices,
        "check": check,
        "shown": shown,
        "is_repeated": is_repeated,
    }
    metadata = {_KEY: MappingProxyType(details)}
    if isinstance(default, dict):
        frozen = MappingProxyType(default)
        return cast(T, field(default_factory=lambda: frozen, repr=not is_secret, metadata=metadata))
    return field(default=default, repr=not is_secret, metadata=metadata)


def settings_of(cls: type) -> list[Setting]:
    """Return the settings that a class declares, its bases' included, in order."""
    hints = get_type_hints(cls)
    return [_setting(one, hints[one.name]) for one in fields(cls)]


def sections(cls: type) -> dict[str, list[Setting]]:
    """Return the settings by the class that declares them: `cls` itself, or one of its bases."""
    known = {one.field: one for one in settings_of(cls)}
    found = {}
    for base in reversed(cls.__mro__):
        names = [name for name in inspect.get_annotations(base) if name in known]
        if names:
            found[f"{base.__module__}.{base.__name__}"] = [known[name] for name in names]
    return found


def _setting(declared: Field[Any], kind: Any) -> Setting:
    given = dict(declared.metadata[_KEY])
    given["env"] = given["env"] or f"BELLWIRE_{declared.name.upper()}"
    given["project_name"] = given["project_name"] or given["env"]
    if given["most"] is None:
        given["most"] = _MOST.get(given["unit"], _MOST_OF_ALL)
    default = declared.default
    if declared.default_factory is not NO_DEFAULT:
        default = declared.default_factory()
    return Setting(field=declared.name, kind=kind, default=default, **given)
