"""The settings of a room (docs/contract.md §7).

Settings that the server acts upon are validated, in any kind of room. A client's own settings are
stored and returned unchanged.
"""

from collections.abc import Mapping
from typing import Any, Final

from api.errors import FieldErrors
from chat.conf import conf

# docs/contract.md §7: defaults of a focus room.
DEFAULTS: Final[Mapping[str, Any]] = {
    "work_s": 1_500,
    "break_s": 300,
    "long_break_s": 900,
    "cycles": 4,
    "timer_control": "owner",
}
CONTROLS: Final = ("owner", "members")
# A phase longer than a day, or more phases than fit into a day, is a typing mistake.
LONGEST_PHASE_S: Final = 86_400
MOST_CYCLES: Final = 100
PHASES: Final = ("work_s", "break_s", "long_break_s")


def shortest_phase_s() -> int:
    """The shortest phase that a focus timer may have (`BELLWIRE_MIN_PHASE_S`)."""
    return min(max(conf().min_phase_s, 1), LONGEST_PHASE_S)


def faults(settings: Mapping[str, Any]) -> FieldErrors:
    """Validation errors by field; None is valid and resets a setting to its default."""
    found: FieldErrors = {}
    ranges = {name: (shortest_phase_s(), LONGEST_PHASE_S) for name in PHASES}
    for name, (least, most) in {**ranges, "cycles": (1, MOST_CYCLES)}.items():
        value = settings.get(name)
        if value is not None and not (type(value) is int and least <= value <= most):
            found[f"settings.{name}"] = [f"Expected a whole number from {least} to {most}."]
    control = settings.get("timer_control")
    if control is not None and control not in CONTROLS:
        found["settings.timer_control"] = [f"Expected one of {', '.join(CONTROLS)}."]
    return found


def in_force(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A focus room's settings with defaults; phases shorter than the minimum are raised to it."""
    found = {**DEFAULTS, **stored}
    return {**found, **{name: max(found[name], shortest_phase_s()) for name in PHASES}}


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`old` updated with `new`; None removes a setting."""
    return {name: value for name, value in {**old, **new}.items() if value is not None}
