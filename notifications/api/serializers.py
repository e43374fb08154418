"""Serializers of contract §6: input, and for OpenAPI the output."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import orjson
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from typing_extensions import override

from accounts.api.callers import language_of
from api.errors import ApiError, Code, invalid
from api.fields import VisibleCharField
from api.inputs import Input, InstantField, WholeNumber
from api.limits import MAX_ID
from notifications import limits, payload, types
from notifications.api.fields import (
    CategoryField,
    DataField,
    ExternalIds,
    LinkField,
    TypeField,
    UserIds,
    Usernames,
)
from notifications.models import Notification, Status
from notifications.services import Content, Once, RecipientKind, Recipients, Which

EXPECTED_KEY = f"Expected 1 to {limits.IDEMPOTENCY_KEY_CHARS} printable characters."


class ListQuery(serializers.Serializer[Any]):
    """The filters of a list."""

    status = serializers.ChoiceField(choices=[str(status) for status in Status], required=False)
    type = TypeField(required=False)
    category = CategoryField(required=False)

    def filters(self) -> dict[str, Any]:
        """Return the arguments of `Inbox` from the valid query."""
        data = self.validated_data
        status = data.get("status")
        return {
            "status": Status(status) if status else None,
            "type_name": data.get("type"),
            "category": data.get("category"),
        }


class ReadAllInput(Input):
    """Which notifications to mark; all of them without any field."""

    up_to = WholeNumber(
        min_value=0,
        required=False,
        help_text="An offset of the caller's topic: what came later stays unread, and so do "
        "broadcasts that were sent after the event behind it.",
    )
    type = TypeField(required=False)
    category = CategoryField(required=False)

    def validate_up_to(self, value: int) -> int:
        # No topic or database reaches a larger offset.
        return min(value, MAX_ID)

    def which(self) -> Which:
        """Return what to mark, from the valid input."""
        data = self.validated_data
        names = types.within(data["category"]) if "category" in data else None
        if "type" in data:
            names = [data["type"]] if names is None or data["type"] in names else []
        return Which(up_to=data.get("up_to"), types=names)


class SendInput(Input):
    """One of `user_ids`, `external_ids`, `usernames`, `broadcast`, and the content."""

    user_ids = UserIds(required=False)
    external_ids = ExternalIds(required=False)
    usernames = Usernames(required=False)
    broadcast = serializers.BooleanField(
        default=False, help_text="To everyone who exists now, in place of a list of recipients."
    )
    type = TypeField()
    title = VisibleCharField(
        max_length=limits.TITLE_CHARS,
        allow_blank=True,
        allow_null=True,
        required=False,
        help_text="Left out, it is the type's.",
    )
    message = VisibleCharField(max_length=limits.MESSAGE_CHARS, trim_whitespace=False)
    link = LinkField(allow_blank=True, allow_null=True, required=False)
    reference_id = serializers.CharField(
        max_length=limits.REFERENCE_CHARS, allow_blank=True, allow_null=True, required=False
    )
    reference_type = serializers.CharField(
        max_length=limits.REFERENCE_CHARS, allow_blank=True, allow_null=True, required=False
    )
    # `data` is also a property of every serializer, which conflicts only in the type.
    data = DataField(allow_null=True, required=False)  # type: ignore[assignment]
    collapse_key = serializers.CharField(
        max_length=limits.COLLAPSE_KEY_CHARS,
        allow_blank=True,
        allow_null=True,
        required=False,
        trim_whitespace=False,
        help_text="Takes the place of the recipient's unread notification with the same key.",
    )
    expires_at = InstantField(allow_null=True, required=False)

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError("Expected a time to come.")
        return value

    @override
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(kind in attrs for kind in RecipientKind) + attrs["broadcast"] != 1:
            raise serializers.ValidationError(
                f"Expected exactly one of {', '.join(RecipientKind)}, broadcast: true."
            )
        return attrs

    def request(self) -> tuple[Recipients | None, Content]:
        """Return recipients and content of the valid input. None means everyone."""
        return recipients_and_content(self.validated_data)


def recipients_and_content(data: Mapping[str, Any]) -> tuple[Recipients | None, Content]:
    """Return recipients and content of valid fields of a send. None means everyone."""
    kind = next((kind for kind in RecipientKind if kind in data), None)
    values = {name: value for name, value in data.items() if value is not None}
    content = {name: values[name] for name in Content.__dataclass_fields__ if name in values}
    return Recipients(kind, data[kind]) if kind else None, Content(**content)


class MemberSendInput(Input):
    """The legacy form: one member, one sentence."""

    memberId = WholeNumber(min_value=1)  # noqa: N815 - the legacy clients' name
    message = VisibleCharField(max_length=limits.MESSAGE_CHARS, trim_whitespace=False)
    redirectPath = LinkField(allow_blank=True, allow_null=True, required=False)  # noqa: N815

    def request(self) -> tuple[Recipients, Content]:
        """Return recipient and content of the valid input."""
        data = self.validated_data
        content = Content(
            type=types.SYSTEM, message=data["message"], link=data.get("redirectPath") or ""
        )
        return Recipients(RecipientKind.USER_ID, [data["memberId"]], field="memberId"), content


class NotificationOutput(serializers.Serializer[Notification]):
    """Described here, made in notifications/payload.py."""

    id = serializers.IntegerField()
    user_id = serializers.IntegerField(allow_null=True, help_text="null: it is everyone's.")
    type = serializers.CharField()
    title = serializers.CharField()
    message = serializers.CharField()
    link = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=[str(status) for status in Status])
    reference_id = serializers.CharField(allow_null=True)
    reference_type = serializers.CharField(allow_null=True)
    data = DataField()  # type: ignore[assignment]
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)

    @override
    def to_representation(self, instance: Notification) -> payload.Payload:
        return payload.notification(instance, language_of(self.context["request"]))


class CountOutput(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Of two counts, the one with the higher is right.")


class ReadAllOutput(serializers.Serializer[Any]):
    updated = serializers.IntegerField(help_text="How many were unread.")
    read_at = serializers.DateTimeField(allow_null=True, help_text="null if none was unread.")


def validated_preferences(data: Any) -> dict[str, bool]:
    """Return `{category: on}` from the input. Raises `ApiError` (INVALID) with the faulty
    categories.
    """
    if not isinstance(data, dict):
        raise ApiError(Code.INVALID, "Expected an object of categories")
    known = types.categories()
    faults = {
        name[: limits.CATEGORY_CHARS]: [fault]
        for name, on in data.items()
        if (fault := _fault(name, on, known))
    }
    if faults:
        raise invalid(faults)
    return data


def _fault(name: str, on: Any, known: Collection[str]) -> str:
    if name not in known:
        # A longer name belongs to no category, and is not repeated.
        return f"Unknown category: {name[: limits.CATEGORY_CHARS]}"
    if not isinstance(on, bool):
        return "Expected true or false."
    if name == types.SYSTEM_CATEGORY and not on:
        return "System notices cannot be switched off."
    return ""


class TypeOutput(serializers.Serializer[types.NotificationType]):
    """A registered type."""

    name = serializers.CharField()
    category = serializers.CharField()
    title = serializers.CharField(help_text="What a notification without a title is called.")
    icon = serializers.CharField(help_text="A name that front ends know; by default the category.")
    link = serializers.CharField(
        help_text='Where one without a link leads, as in "/orders/{reference_id}"; "" for nowhere.'
    )


class SendOutput(serializers.Serializer[Any]):
    batch_id = serializers.UUIDField()
    count = serializers.IntegerField(help_text="How many were stored: a broadcast is one.")
    ids = serializers.ListField(
        child=serializers.IntegerField(), help_text="In the order of the recipients."
    )


class SentOutput(serializers.Serializer[Any]):
    batch_id = serializers.UUIDField()
    count = serializers.IntegerField()
    read = serializers.IntegerField()
    deleted = serializers.IntegerField(
        help_text="By the reader, by a newer one, by expiry, or by revoking."
    )


def once_of(request: Request, purpose: str = "") -> Once | None:
    """Return the `Idempotency-Key` with a hash of the body; None without a key.

    `purpose` distinguishes endpoints that may receive the same body.
    """
    key: str | None = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not (0 < len(key) <= limits.IDEMPOTENCY_KEY_CHARS and key.isprintable()):
        raise invalid({"Idempotency-Key": [EXPECTED_KEY]})
    return Once(key, sha256_of(request.data, purpose))


def sha256_of(body: Any, purpose: str = "") -> str:
    """Return the hash of a body, in which the order of the keys does not matter."""
    text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(purpose.encode() + text).hexdigest()
