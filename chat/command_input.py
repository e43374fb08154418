"""What the commands of JSON sockets have in common with the bodies of REST (api/inputs.py)."""

from collections.abc import Mapping
from typing import Any

from api.inputs import is_digits, unknown_fields
from realtime import ErrorCode, RealtimeError

_LARGEST = 2**63 - 1
_DIGITS = 19
# A socket with several topics names the one that it means, beside the command's own fields.
_OF_THE_SOCKET = ("topic",)


def refuse_unknown_fields(data: Mapping[str, Any], *known: str) -> None:
    """Raise `RealtimeError` BAD_FRAME that names fields which the command does not have.

    A misspelt `client_id` must not make a resend a second message.
    """
    if unknown := unknown_fields(data, (*known, *_OF_THE_SOCKET)):
        names = ", ".join(f"`{name}`" for name in unknown)
        raise RealtimeError(ErrorCode.BAD_FRAME, f"Unknown field: {names}")


def whole_number(name: str, data: Mapping[str, Any]) -> int:
    """The field `name`, an integer of 0 or more or its digits. Raises `RealtimeError` BAD_FRAME."""
    value = data.get(name)
    if is_digits(value) and len(value) <= _DIGITS:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise RealtimeError(ErrorCode.BAD_FRAME, f"`{name}` is not an integer of 0 or more")
    return value
