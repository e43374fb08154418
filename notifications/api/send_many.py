"""The input and the output of `send-many`.

Items are validated one by one: a faulty one is reported by its place, and need not stop the others.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from api.errors import ApiError, Code, field_errors, invalid
from api.inputs import Input, unknown_fields
from notifications import limits
from notifications.api.serializers import (
    EXPECTED_KEY,
    SendInput,
    SendOutput,
    once_of,
    recipients_and_content,
    sha256_of,
)
from notifications.services import Item, Once


class SendManyItem(SendInput):
    """A body of `send`, with an optional idempotency key of its own."""

    idempotency_key = serializers.CharField(
        max_length=limits.IDEMPOTENCY_KEY_CHARS,
        allow_null=True,
        required=False,
        trim_whitespace=False,
        help_text="As the header of `send`: used again with the same body, nothing is sent, and "
        "the answer is the first one.",
    )

    def validate_idempotency_key(self, value: str | None) -> str | None:
        if value is not None and not value.isprintable():
            raise serializers.ValidationError(EXPECTED_KEY)
        return value


class SendManyInput(Input):
    """Different notifications. Validated one by one, as some of them may be faulty."""

    items = SendManyItem(many=True)
    atomic = serializers.BooleanField(
        default=True, help_text="All or nothing; false: each by itself."
    )


class SendManyRequest:
    """The valid items of a request by their places, and the errors of the others."""

    def __init__(self, request: Request) -> None:
        data = _fields_of(request.data)
        self.atomic = _atomic(data)
        self.items: dict[int, Item] = {}
        self.errors: dict[int, ApiError] = {}
        once = once_of(request)
        # One serializer for all: making a thousand would take a second.
        form = SendManyItem()
        for place, body in enumerate(_item_bodies(data)):
            try:
                valid = form.run_validation(body)
            except serializers.ValidationError as error:
                self.errors[place] = invalid(field_errors(error.detail))
                continue
            to, content = recipients_and_content(valid)
            key: str | None = valid.get("idempotency_key")
            if key is None and once is not None:
                key = _key_of_item(once.key, place)
            own = _item_once(body, key)
            self.items[place] = Item(to=to, content=content, once=own)
        recipients = sum(len(item.to.names) for item in self.items.values() if item.to)
        if recipients > limits.SEND_MANY_RECIPIENTS:
            most = f"at most {limits.SEND_MANY_RECIPIENTS} recipients in all items together"
            raise invalid({"items": [f"Expected {most}, got {recipients}."]})
        self.recipients = recipients
        self.broadcasts = sum(item.to is None for item in self.items.values())


def _fields_of(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise ApiError(Code.INVALID, "Expected an object")
    if unknown := unknown_fields(data, ("items", "atomic")):
        raise invalid(unknown)
    return data


def _atomic(data: Mapping[str, Any]) -> bool:
    try:
        atomic: bool = serializers.BooleanField().run_validation(data.get("atomic", True))
    except serializers.ValidationError as error:
        raise invalid(field_errors({"atomic": error.detail})) from None
    return atomic


def _item_bodies(data: Mapping[str, Any]) -> list[Any]:
    found = data.get("items")
    if not isinstance(found, list):
        raise invalid({"items": ["Expected a list."]})
    if not 0 < len(found) <= limits.SEND_MANY_ITEMS:
        raise invalid(
            {"items": [f"Expected 1 to {limits.SEND_MANY_ITEMS} items, got {len(found)}."]}
        )
    return found


def _item_once(body: Mapping[str, Any], key: str | None) -> Once | None:
    # The same hash as of a `send`, which may so be repeated in a list, and the other way round.
    own = {name: value for name, value in body.items() if name != "idempotency_key"}
    return Once(key, sha256_of(own)) if key else None


def _key_of_item(key: str, place: int) -> str:
    """Return the key of an item without its own, from the request's. No client can send it."""
    return f"\x1f{hashlib.sha256(key.encode()).hexdigest()}\x1f{place}"


class SendManyOutput(serializers.Serializer[Any]):
    results = SendOutput(many=True, help_text="In the order of the items.")


class SendManySomeOutput(serializers.Serializer[Any]):
    results = serializers.ListField(
        child=serializers.JSONField(),
        help_text="In the order of the items: of each what `send` answers, or `{code, message, "
        "errors?}`.",
    )
