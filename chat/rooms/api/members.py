"""Members of a room."""

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import IsUser
from accounts.api.callers import caller
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
from chat.rooms.api.serializers import MemberInput, MemberOutput, RoleInput
from chat.rooms.live import names
from chat.rooms.models import Membership, Role


class MembersView(ListModelMixin, GenericAPIView[Membership]):
    json_names = names.MEMBERS
    permission_classes = (IsUser,)
    # The response reveals a name, as the search's does.
    draws = {"POST": (budgets.ROOMS_INVITE, budgets.PEOPLE_LOOKUP)}
    pagination_class = PagePagination

    @extend_schema(
        operation_id="rooms_members_list",
        summary="The room's members, in order of joining",
        responses={
            200: answer(MemberOutput(many=True), schema.A_MEMBER),
            **schema.errors(400, 404),
        },
    )
    def get(self, request: Request, room_id: int) -> Response:
        access.membership(user_id=caller(request), room_id=room_id)
        page: list[Membership] = self.paginate_queryset(selectors.members(room_id)) or []
        return self.get_paginated_response([payload.member(row) for row in page])

    @extend_schema(
        operation_id="rooms_members_add",
        summary="Add a member, as the room's owner or a moderator",
        request=MemberInput,
        responses={
            200: answer(MemberOutput, schema.A_MEMBER, "The user was a member already"),
            201: answer(MemberOutput, schema.A_MEMBER),
            **schema.errors(400, 404, 409),
        },
    )
    def post(self, request: Request, room_id: int) -> Response:
        form = MemberInput(data=request.data)
        form.is_valid(raise_exception=True)
        added = services.add_member(
            user_id=caller(request), room_id=room_id, member_id=form.validated_data["user_id"]
        )
        return Response(payload.member(added.membership), status=201 if added.created else 200)


class MemberView(APIView):
    json_names = names.MEMBER
    permission_classes = (IsUser,)
    draws = {"PATCH": (budgets.ROOMS_MANAGE,), "DELETE": (budgets.ROOMS_MANAGE,)}

    @extend_schema(
        operation_id="rooms_members_change",
        summary="Change a member's role, as the room's owner; `owner` transfers ownership",
        request=RoleInput,
        responses={
            200: answer(MemberOutput, schema.A_MEMBER),
            **schema.errors(400, 404, 409),
        },
    )
    def patch(self, request: Request, room_id: int, user_id: int) -> Response:
        form = RoleInput(data=request.data)
        form.is_valid(raise_exception=True)
        changed = services.change_role(
            user_id=caller(request),
            room_id=room_id,
            member_id=user_id,
            role=Role(form.validated_data["role"]),
        )
        return Response(payload.member(changed))

    @extend_schema(
        operation_id="rooms_members_remove",
        summary="Remove a member of a lower rank than the caller's; oneself: leave",
        responses={204: None, **schema.errors(404, 409)},
    )
    def delete(self, request: Request, room_id: int, user_id: int) -> Response:
        services.remove_member(user_id=caller(request), room_id=room_id, member_id=user_id)
        return Response(status=204)
