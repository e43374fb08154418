"""The event that every server delivers, the same for all, with a number to know it by."""

import json
from typing import Any

# All numbers have as many digits, and so all events the same size.
FIRST = 1_000_000


def event(number: int, size: int) -> dict[str, Any]:
    """A notification's data whose compact JSON has `size` bytes."""
    data = {"n": number, "type": "announcement", "title": "Tonight's deal", "message": ""}
    data["message"] = "x" * (size - len(json.dumps(data, separators=(",", ":"))))
    return data


def events(order: str) -> list[dict[str, Any]]:
    """Those of an order, the text `first count size` of three numbers."""
    first, count, size = map(int, order.split())
    return [event(number, size) for number in range(first, first + count)]
