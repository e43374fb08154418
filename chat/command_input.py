"""Input checks of JSON socket commands, with the rules of REST bodies (api/inputs.py)."""

from collections.abc import Mapping
from typing import Any

from api.inputs import is_digits, unknown_fields
from api.limits import MAX_ID, MAX_ID_DIGITS
from realtime import ErrorCode, RealtimeError

# On a socket with several topics, every command carries its `topic` in addition to its own fields.
_COMMON_FIELDS = ("topic",)


def refuse_unknown_fields(data: Mapping[str, Any], *known: str) -> None:
    """Raise `RealtimeError` BAD_FRAME with the names of unknown fields.

    A misspelt `client_id` must not turn a resend into a second message.
    """
    if unknown := unknown_fields(data, (*known, *_COMMON_FIELDS)):
        names = ", ".join(f"`{name}`" for name in unknown)
        raise RealtimeError(ErrorCode.BAD_FRAME, f"Unknown field: {names}")


def whole_number(name: str, data: Mapping[str, Any]) -> int:
    """The field `name` as an integer >= 0, given as number or digits.

    Raises `RealtimeError` BAD_FRAME.
    """
    value = data.get(name)
    if is_digits(value) and len(value) <= MAX_ID_DIGITS:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_ID:
        raise RealtimeError(ErrorCode.BAD_FRAME, f"`{name}` is not an integer of 0 or more")
    return value
