"""The settings of a room (CONTRACT §7): those that we act upon are validated, in any kind of room.

What else a client keeps there is its own, and is given back as it came.
"""

from collections.abc import Mapping
from typing import Any, Final

from api.errors import FieldErrors

# CONTRACT §7; what a focus room has unless it says otherwise.
DEFAULTS: Final[Mapping[str, Any]] = {
    "work_s": 1_500,
    "break_s": 300,
    "long_break_s": 900,
    "cycles": 4,
    "timer_control": "owner",
}
CONTROLS: Final = ("owner", "members")
# A phase longer than a day, or more phases than fit into one, is a slip of the keyboard.
LONGEST_PHASE_S: Final = 86_400
MOST_CYCLES: Final = 100
_RANGES: Final[Mapping[str, int]] = {
    "work_s": LONGEST_PHASE_S,
    "break_s": LONGEST_PHASE_S,
    "long_break_s": LONGEST_PHASE_S,
    "cycles": MOST_CYCLES,
}


def faults(settings: Mapping[str, Any]) -> FieldErrors:
    """What is wrong with them, field by field; a setting that is None goes back to its default."""
    found: FieldErrors = {}
    for name, most in _RANGES.items():
        value = settings.get(name)
        if value is not None and not (type(value) is int and 1 <= value <= most):
            found[f"settings.{name}"] = [f"Expected a whole number from 1 to {most}."]
    control = settings.get("timer_control")
    if control is not None and control not in CONTROLS:
        found["settings.timer_control"] = [f"Expected one of {', '.join(CONTROLS)}."]
    return found


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`old`, with what `new` names in its place; None takes a setting away."""
    return {name: value for name, value in {**old, **new}.items() if value is not None}
