"""Rooms: list, create, update, delete, join, leave and mark as read."""

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import IsUser
from accounts.api.callers import caller
from accounts.api.throttling import spend
from api.description import answer
from api.pagination import PagePagination
from chat import budgets
from chat.rooms import (
    access,
    payload,
    selectors,
    services,
)
from chat.rooms.api import schema
from chat.rooms.api.serializers import (
    ReadInput,
    ReadOutput,
    RoomInput,
    RoomOutput,
    RoomPatch,
    RoomsQuery,
)
from chat.rooms.live import names
from chat.rooms.models import Kind, Room


def _shown(room: Room, user_id: int) -> payload.Payload:
    return payload.room(selectors.view(room, user_id))


class RoomsView(ListModelMixin, GenericAPIView[Room]):
    json_names = names.ROOMS
    permission_classes = (IsUser,)
    pagination_class = PagePagination

    @extend_schema(
        operation_id="rooms_list",
        summary="The caller's rooms, most recent activity first; with `open`, rooms they may join",
        parameters=[RoomsQuery],
        responses={
            200: answer(RoomOutput(many=True), schema.A_ROOM),
            **schema.errors(400),
        },
    )
    def get(self, request: Request) -> Response:
        query = RoomsQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        user_id = caller(request)
        which = selectors.joinable if query.validated_data["open"] else selectors.mine
        page: list[Room] = self.paginate_queryset(which(user_id)) or []
        shown = [payload.room(view) for view in selectors.views(page, user_id)]
        return self.get_paginated_response(shown)

    @extend_schema(
        operation_id="rooms_create",
        summary="Create a room; for a direct room, return the existing one if there is one",
        request=RoomInput,
        responses={
            200: answer(RoomOutput, schema.A_ROOM, "The existing direct room"),
            201: answer(RoomOutput, schema.A_ROOM),
            **schema.errors(400),
        },
        extensions={"x-budgets": ["rooms.create", "or rooms.direct and people.lookup"]},
        examples=schema.ROOM_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        form = RoomInput(data=request.data)
        form.is_valid(raise_exception=True)
        given, user_id = form.validated_data, caller(request)
        if given["kind"] == Kind.DIRECT:
            # The response reveals a name, as the search's does.
            spend(request, (budgets.ROOMS_DIRECT, budgets.PEOPLE_LOOKUP))
            found = services.get_or_create_direct(user_id=user_id, other_id=given["user_id"])
            return Response(_shown(found.room, user_id), status=201 if found.created else 200)
        spend(request, (budgets.ROOMS_CREATE,))
        room = services.create_room(
            user_id=user_id,
            name=given["name"],
            kind=Kind(given["kind"]),
            is_open=given["open"],
            settings=given.get("settings"),
        )
        return Response(_shown(room, user_id), status=201)


class RoomView(APIView):
    json_names = names.ROOM
    permission_classes = (IsUser,)
    draws = {"PATCH": (budgets.ROOMS_MANAGE,), "DELETE": (budgets.ROOMS_MANAGE,)}

    @extend_schema(
        operation_id="rooms_read",
        summary="One of the caller's rooms",
        responses={200: answer(RoomOutput, schema.A_ROOM), **schema.errors(404)},
    )
    def get(self, request: Request, room_id: int) -> Response:
        user_id = caller(request)
        found = access.membership(user_id=user_id, room_id=room_id)
        return Response(_shown(found.room, user_id))

    @extend_schema(
        operation_id="rooms_update",
        summary="Change name, openness or settings, as its owner or a moderator",
        request=RoomPatch,
        responses={
            200: answer(RoomOutput, schema.A_ROOM),
            **schema.errors(400, 404, 409),
        },
        examples=[schema.PATCH_EXAMPLE],
    )
    def patch(self, request: Request, room_id: int) -> Response:
        form = RoomPatch(data=request.data)
        form.is_valid(raise_exception=True)
        given, user_id = form.validated_data, caller(request)
        room = services.update_room(
            user_id=user_id,
            room_id=room_id,
            name=given.get("name"),
            is_open=given.get("open"),
            settings=given.get("settings"),
        )
        return Response(_shown(room, user_id))

    @extend_schema(
        operation_id="rooms_delete",
        summary="Delete a room with all its messages, as its owner",
        responses={204: None, **schema.errors(404, 409)},
    )
    def delete(self, request: Request, room_id: int) -> Response:
        services.delete_room(user_id=caller(request), room_id=room_id)
        return Response(status=204)


class JoinView(APIView):
    json_names = names.ROOM
    permission_classes = (IsUser,)
    draws = {"POST": (budgets.ROOMS_JOIN,)}

    @extend_schema(
        operation_id="rooms_join",
        summary="Join an open room",
        request=None,
        responses={200: answer(RoomOutput, schema.A_ROOM), **schema.errors(404)},
    )
    def post(self, request: Request, room_id: int) -> Response:
        user_id = caller(request)
        joined = services.join_room(user_id=user_id, room_id=room_id)
        return Response(_shown(joined.membership.room, user_id))


class LeaveView(APIView):
    permission_classes = (IsUser,)
    draws = {"POST": (budgets.ROOMS_JOIN,)}

    @extend_schema(
        operation_id="rooms_leave",
        summary="Leave a room",
        request=None,
        responses={204: None, **schema.errors(404, 409)},
    )
    def post(self, request: Request, room_id: int) -> Response:
        services.leave_room(user_id=caller(request), room_id=room_id)
        return Response(status=204)


class ReadView(APIView):
    json_names = names.CURSOR
    permission_classes = (IsUser,)
    draws = {"POST": (budgets.ROOMS_READ,)}

    @extend_schema(
        operation_id="rooms_read_up_to",
        summary="Move the caller's read cursor; it never moves back",
        request=ReadInput,
        responses={
            200: answer(ReadOutput, schema.A_CURSOR),
            **schema.errors(400, 404),
        },
    )
    def post(self, request: Request, room_id: int) -> Response:
        form = ReadInput(data=request.data)
        form.is_valid(raise_exception=True)
        user_id = caller(request)
        offset = services.mark_read(
            user_id=user_id, room_id=room_id, offset=form.validated_data["offset"]
        )
        return Response({"user_id": user_id, "offset": offset})
