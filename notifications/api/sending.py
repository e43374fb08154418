"""Sending and revoking, by services and by users with the permission."""

import uuid
from dataclasses import asdict
from typing import Any, cast

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import HasScope
from accounts.api.throttling import spend
from accounts.credentials.service_keys import ServiceCaller
from accounts.models import User
from api.description import answer
from api.errors import ApiError, Code
from notifications import budgets, selectors, services
from notifications.api import schema
from notifications.api.send_many import (
    SendManyInput,
    SendManyOutput,
    SendManyRequest,
    SendManySomeOutput,
)
from notifications.api.serializers import (
    MemberSendInput,
    SendInput,
    SendOutput,
    SentOutput,
    once_of,
)
from notifications.live import names

MaySend = HasScope("notifications:send", permission="notifications.send_notification")
_SEND_ANSWERS = {201: SendOutput, **schema.errors(400, 409, 413)}


def _sender(request: Request) -> str:
    """Return the sender of batches and idempotency keys. Keys with one name are one service."""
    caller: object = request.user
    if isinstance(caller, ServiceCaller):
        return f"service:{caller.name}"
    return f"user:{cast(User, caller).pk}"


def _send(request: Request, form: SendInput | MemberSendInput) -> Response:
    form.is_valid(raise_exception=True)
    to, content = form.request()
    sender, once = _sender(request), once_of(request)
    if to is None:
        answer = services.broadcast(sender=sender, content=content, once=once)
    else:
        spend(request, (budgets.RECIPIENTS,), tokens=len(to.names))
        answer = services.send(sender=sender, to=to, content=content, once=once)
    return Response(asdict(answer), status=201)


class SendView(APIView):
    json_names = names.SEND
    permission_classes = (MaySend,)
    draws = {"POST": (budgets.SEND,)}

    @extend_schema(
        operation_id="notifications_send",
        summary="Send to up to 10,000 users, all or nobody; or to everyone",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=SendInput,
        responses=_SEND_ANSWERS,
        examples=schema.SEND_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        return _send(request, SendInput(data=request.data))


class SendManyView(APIView):
    json_names = names.SEND_MANY
    permission_classes = (MaySend,)
    draws = {"POST": (budgets.SEND,)}

    @extend_schema(
        operation_id="notifications_send_many",
        summary="Send up to 1,000 different notifications in one transaction",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=SendManyInput,
        responses={
            201: SendManyOutput,
            207: SendManySomeOutput,
            **schema.errors(400, 409, 413),
        },
        examples=schema.SEND_MANY_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        wanted = SendManyRequest(request)
        if wanted.atomic and wanted.errors:
            place = min(wanted.errors)
            raise _error_of_item(place, wanted.errors[place])
        if wanted.recipients:
            spend(request, (budgets.RECIPIENTS,), tokens=wanted.recipients)
        if wanted.broadcasts > 1:
            # The request's own is drawn already. Each of these is a send to everyone.
            spend(request, (budgets.SEND,), tokens=wanted.broadcasts - 1)
        places = sorted(wanted.items)
        try:
            sent = services.send_many(
                sender=_sender(request),
                items=[wanted.items[place] for place in places],
                atomic=wanted.atomic,
            )
        except services.ItemError as failed:
            raise _error_of_item(places[failed.place], failed.error) from None
        results: dict[int, services.Answer | ApiError] = dict(zip(places, sent, strict=True))
        results |= wanted.errors
        failed_some = any(isinstance(result, ApiError) for result in results.values())
        shapes = [_shape_of(results[place]) for place in sorted(results)]
        return Response({"results": shapes}, status=207 if failed_some else 201)


def _shape_of(result: services.Answer | ApiError) -> dict[str, Any]:
    return result.body() if isinstance(result, ApiError) else result.kept()


def _error_of_item(place: int, error: ApiError) -> ApiError:
    """Return the error of the whole request, which names the item by its place."""
    errors = error.errors or {"idempotency_key": [error.message]}
    paths = {f"items.{place}.{path}": faults for path, faults in errors.items()}
    return ApiError(error.code, error.message, errors=paths)


class LegacySendView(APIView):
    json_names = names.SEND
    permission_classes = (MaySend,)
    draws = {"POST": (budgets.SEND,)}

    @extend_schema(
        operation_id="notification_send_legacy",
        summary="Send, at its older path; also by `{memberId, message, redirectPath?}`",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=PolymorphicProxySerializer(
            component_name="LegacySendInput",
            serializers=[SendInput, MemberSendInput],
            resource_type_field_name=None,
        ),
        responses=_SEND_ANSWERS,
        examples=[*schema.SEND_EXAMPLES, schema.MEMBER_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        form = MemberSendInput if "memberId" in request.data else SendInput
        return _send(request, form(data=request.data))


class SentView(APIView):
    json_names = names.SEND
    permission_classes = (MaySend,)
    draws = {"DELETE": (budgets.SEND,)}

    @extend_schema(
        operation_id="notifications_sent",
        summary="How far a batch of the caller's has come",
        responses={
            200: answer(
                SentOutput, {"batch_id": schema.A_BATCH, "count": 2, "read": 1, "deleted": 0}
            ),
            **schema.errors(404),
        },
    )
    def get(self, request: Request, batch_id: uuid.UUID) -> Response:
        found = selectors.sent(sender=_sender(request), batch_id=batch_id)
        if found is None:
            raise ApiError(Code.NOT_FOUND, "Not found")
        return Response(asdict(found))

    @extend_schema(
        operation_id="notifications_revoke",
        summary="Revoke a batch of the caller's: what is left of it is deleted for everyone",
        responses={204: None, **schema.errors(404)},
    )
    def delete(self, request: Request, batch_id: uuid.UUID) -> Response:
        services.revoke(sender=_sender(request), batch_id=batch_id)
        return Response(status=204)
