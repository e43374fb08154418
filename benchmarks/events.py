"""The event that every server delivers, with a number to identify it."""

import json
from typing import Any

# All numbers have the same number of digits, so all events have the same size.
FIRST = 1_000_000


def event(number: int, size: int) -> dict[str, Any]:
    """Return a notification's data whose compact JSON has `size` bytes."""
    data = {"n": number, "type": "announcement", "title": "Tonight's deal", "message": ""}
    data["message"] = "x" * (size - len(json.dumps(data, separators=(",", ":"))))
    return data


def events(order: str) -> list[dict[str, Any]]:
    """Return the events of an order, the text `first count size` of three numbers."""
    first, count, size = map(int, order.split())
    return [event(number, size) for number in range(first, first + count)]
