"""The caller's own notifications."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from typing_extensions import override

from accounts.api.authentication import IsUser
from accounts.api.callers import caller
from api.case import snake_fields
from api.description import answer
from api.pagination import PagePagination
from notifications import budgets, services
from notifications.api import schema
from notifications.api.serializers import (
    CountOutput,
    ListQuery,
    NotificationOutput,
    ReadAllInput,
    ReadAllOutput,
)
from notifications.inbox import Inbox
from notifications.live import names
from notifications.models import Notification, Status

# A query may also contain a credential.
_FILTERS: Final = frozenset({"type", "category", "up_to"})


class InboxView(ListAPIView[Notification]):
    """The caller's notifications, newest first."""

    json_names = names.NOTIFICATIONS
    permission_classes = (IsUser,)
    pagination_class = PagePagination
    serializer_class = NotificationOutput

    @override
    def get_queryset(self) -> Any:
        query = ListQuery(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        return self.listed(**query.filters())

    def listed(self, status: Status | None, **which: str | None) -> Any:
        """Return the list to page through."""
        return Inbox(caller(self.request), status=status, **which)

    @extend_schema(
        operation_id="notifications_list",
        summary="The caller's notifications and everyone's, newest first",
        parameters=schema.FILTERS,
        responses={
            200: answer(NotificationOutput(many=True), schema.A_NOTIFICATION),
            **schema.errors(400),
        },
    )
    @override
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class UnreadView(InboxView):
    """The caller's unread notifications."""

    @override
    def listed(self, status: Status | None, **which: str | None) -> Any:
        if status is Status.READ:
            return []
        return super().listed(Status.UNREAD, **which)

    @extend_schema(
        operation_id="notifications_unread_list",
        summary="The same, unread ones only",
        parameters=schema.FILTERS[1:],
        responses={
            200: answer(NotificationOutput(many=True), schema.A_NOTIFICATION),
            **schema.errors(400),
        },
    )
    @override
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class UnreadCountView(APIView):
    permission_classes = (IsUser,)

    @extend_schema(
        operation_id="notifications_unread_count",
        summary="How many are unread; as cheap with a million as with none",
        responses={
            200: answer(CountOutput, {"count": 3, "version": 17}),
            **schema.errors(),
        },
    )
    def get(self, request: Request) -> Response:
        unread = services.unread(caller(request))
        return Response({"count": unread.count, "version": unread.version})


class ReadView(APIView):
    json_names = names.NOTIFICATION
    permission_classes = (IsUser,)
    draws = {"PUT": (budgets.INBOX,)}

    @extend_schema(
        operation_id="notifications_read",
        summary="Mark one as read",
        request=None,
        responses={
            200: answer(
                NotificationOutput,
                {
                    **schema.A_NOTIFICATION,
                    "status": "READ",
                    "read_at": "2026-01-31T12:05:00.000000Z",
                },
            ),
            **schema.errors(404),
        },
    )
    def put(self, request: Request, notification_id: int) -> Response:
        row = services.mark_read(user_id=caller(request), notification_id=notification_id)
        return Response(NotificationOutput(row, context={"request": request}).data)


class ReadAllView(APIView):
    json_names = names.READ
    permission_classes = (IsUser,)
    draws = {"PUT": (budgets.INBOX,)}

    @extend_schema(
        operation_id="notifications_read_all",
        summary="Mark all as read that there are now, or a part of them",
        request=ReadAllInput,
        parameters=schema.READ_ALL_FILTERS,
        responses={
            200: answer(ReadAllOutput, {"updated": 3, "read_at": "2026-01-31T12:05:00.000000Z"}),
            **schema.errors(400),
        },
        examples=schema.READ_ALL_EXAMPLES,
    )
    def put(self, request: Request) -> Response:
        form = ReadAllInput(data=_asked(request))
        form.is_valid(raise_exception=True)
        done = services.mark_all_read(user_id=caller(request), which=form.which())
        return Response(asdict(done))


def _asked(request: Request) -> Any:
    """Merge the filters in the query, as for lists, into the body's fields."""
    body = request.data
    if not isinstance(body, Mapping):
        return body
    query = snake_fields(request.query_params.dict(), request, names.READ)
    named = {name: query[name] for name in _FILTERS & set(query)}
    return {**named, **{name: body[name] for name in body}}


class NotificationView(APIView):
    permission_classes = (IsUser,)
    draws = {"DELETE": (budgets.INBOX,)}

    @extend_schema(
        operation_id="notifications_delete",
        summary="Delete one",
        responses={204: None, **schema.errors(404)},
    )
    def delete(self, request: Request, notification_id: int) -> Response:
        services.delete(user_id=caller(request), notification_id=notification_id)
        return Response(status=204)
