"""Messages of a room, and the legacy endpoints that take the room's id in the query or body."""

from typing import Any
from urllib.parse import urlencode

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import IsUser
from accounts.api.callers import caller
from api import case
from api.description import answer
from chat import budgets
from chat.rooms import (
    access,
    payload,
    selectors,
    services,
)
from chat.rooms.api import schema
from chat.rooms.api.serializers import (
    EditInput,
    HistoryOutput,
    HistoryQuery,
    LegacyHistoryQuery,
    LegacyMessageInput,
    LegacyRoomQuery,
    MessageInput,
    MessageOutput,
)
from chat.rooms.live import names

# Query parameters that links to the next and previous page keep.
_KEPT = ("limit", "chat_room_id", "chatRoomId", case.PARAMETER)
_HISTORY_ANSWERS = {
    200: answer(HistoryOutput, schema.A_HISTORY),
    **schema.errors(400, 404),
}
_POST_ANSWERS = {
    200: answer(MessageOutput, schema.A_MESSAGE, "A resend: the message was stored before"),
    201: answer(MessageOutput, schema.A_MESSAGE),
    **schema.errors(400, 404),
}


def _history(request: Request, room_id: int) -> Response:
    query = HistoryQuery(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    access.membership(user_id=caller(request), room_id=room_id)
    wanted = query.validated_data
    found = selectors.history(
        room_id,
        before=wanted.get("before"),
        after=wanted.get("after"),
        limit=wanted["limit"],
    )

    def link(**end: int) -> str:
        kept = {name: value for name, value in request.query_params.items() if name in _KEPT}
        return request.build_absolute_uri(f"{request.path}?{urlencode({**kept, **end})}")

    return Response(
        {
            "results": [payload.message(row) for row in found.messages],
            "next": link(after=found.messages[-1].pk) if found.newer else None,
            "previous": link(before=found.messages[0].pk) if found.older else None,
        }
    )


def _post(request: Request, form: MessageInput, room_id: int) -> Response:
    form.is_valid(raise_exception=True)
    fields = {name: form.validated_data.get(name) for name in ("content", "client_id", "reply_to")}
    posted = services.post_message(user_id=caller(request), room_id=room_id, **fields)
    return Response(payload.message(posted.message), status=201 if posted.created else 200)


def _legacy_room(request: Request, body: dict[str, Any] | None = None) -> int:
    query = case.snake_fields(request.query_params.dict(), request, names.MESSAGES)
    form = LegacyRoomQuery(data=query | (body or {}))
    form.is_valid(raise_exception=True)
    room_id: int = form.validated_data["chat_room_id"]
    return room_id


class MessagesView(APIView):
    json_names = names.MESSAGES
    permission_classes = (IsUser,)
    draws = {"POST": (budgets.MESSAGES_SEND,)}

    @extend_schema(
        operation_id="rooms_messages_list",
        summary="Messages of the room, oldest first; by default the newest page",
        parameters=[HistoryQuery],
        responses=_HISTORY_ANSWERS,
    )
    def get(self, request: Request, room_id: int) -> Response:
        return _history(request, room_id)

    @extend_schema(
        operation_id="rooms_messages_post",
        summary="Post a message; a resend with the same `client_id` stores nothing",
        request=MessageInput,
        responses=_POST_ANSWERS,
        examples=[schema.MESSAGE_EXAMPLE],
    )
    def post(self, request: Request, room_id: int) -> Response:
        return _post(request, MessageInput(data=request.data), room_id)


class MessageView(APIView):
    json_names = names.MESSAGE
    permission_classes = (IsUser,)
    draws = {"PATCH": (budgets.MESSAGES_CHANGE,), "DELETE": (budgets.MESSAGES_CHANGE,)}

    @extend_schema(
        operation_id="rooms_messages_edit",
        summary="Edit one of the caller's messages",
        request=EditInput,
        responses={
            200: answer(MessageOutput, schema.A_MESSAGE),
            **schema.errors(400, 404, 409),
        },
    )
    def patch(self, request: Request, room_id: int, message_id: int) -> Response:
        form = EditInput(data=request.data)
        form.is_valid(raise_exception=True)
        edited = services.edit_message(
            user_id=caller(request), room_id=room_id, message_id=message_id, **form.validated_data
        )
        return Response(payload.message(edited))

    @extend_schema(
        operation_id="rooms_messages_delete",
        summary="Delete a message's content: one's own, or as a moderator any",
        responses={204: None, **schema.errors(404)},
    )
    def delete(self, request: Request, room_id: int, message_id: int) -> Response:
        services.delete_message(user_id=caller(request), room_id=room_id, message_id=message_id)
        return Response(status=204)


class LegacyMessagesView(APIView):
    """The room's id is `chat_room_id`, in the query or in the body."""

    json_names = names.MESSAGES
    permission_classes = (IsUser,)
    draws = {"POST": (budgets.MESSAGES_SEND,)}

    @extend_schema(
        operation_id="messages_list",
        summary="Messages of a room, oldest first; by default the newest page",
        parameters=[LegacyHistoryQuery],
        responses=_HISTORY_ANSWERS,
    )
    def get(self, request: Request) -> Response:
        return _history(request, _legacy_room(request))

    @extend_schema(
        operation_id="messages_post",
        summary="Post a message to a room; a resend with the same `client_id` stores nothing",
        request=LegacyMessageInput,
        responses=_POST_ANSWERS,
        examples=[schema.LEGACY_MESSAGE_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        body = dict(request.data)
        room_id = _legacy_room(request, body)
        form = LegacyMessageInput(data=body | {"chat_room_id": room_id})
        return _post(request, form, room_id)
