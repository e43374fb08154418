"""REST endpoints of users: search and blocks."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import IsUser
from accounts.api.callers import caller
from accounts.models import User
from api.description import answer
from api.errors import invalid
from api.names import Names
from chat import budgets
from chat.people import selectors, services
from chat.rooms.api import schema
from text.names import TYPED_PER_CHAR, fold, normalize
from text.storable import has_nul
from text.visible import NOTHING_VISIBLE

# The longest name.
_QUERY_CHARS = 150
A_USER: dict[str, Any] = {"id": 43, "username": "bob", "display_name": "Bob B."}
_USER = Names("display_name")
A_LIST: dict[str, Any] = {"results": [A_USER], "next": None, "previous": None}


class UserOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    display_name = serializers.CharField(help_text="The full name, else the username.")


class UsersOutput(serializers.Serializer[Any]):
    results = UserOutput(many=True)
    next = serializers.URLField(allow_null=True, help_text="Always null: refine the query instead.")
    previous = serializers.URLField(allow_null=True)


class UsersView(APIView):
    json_names = _USER | Names(results=_USER)
    permission_classes = (IsUser,)
    draws = {"GET": (budgets.PEOPLE_LOOKUP,)}

    @extend_schema(
        operation_id="users_search",
        summary="Search users by name, at most 20 results",
        parameters=[OpenApiParameter("q", str, description="1 to 150 characters.", required=True)],
        responses={
            200: answer(UsersOutput, A_LIST),
            **schema.errors(400, 429),
        },
    )
    def get(self, request: Request) -> Response:
        text = request.query_params.get("q", "").strip()[: _QUERY_CHARS * TYPED_PER_CHAR + 1]
        if not len(text) > 0 or len(normalize(text)) > _QUERY_CHARS or has_nul(text):
            raise invalid({"q": [f"Expected 1 to {_QUERY_CHARS} characters, got {len(text)}."]})
        if not fold(text):
            raise invalid({"q": [NOTHING_VISIBLE]})
        found = selectors.search_users(user_id=caller(request), text=text)
        return Response({"results": _shown(found), "next": None, "previous": None})


def _shown(users: Iterable[User]) -> list[dict[str, Any]]:
    return [
        {"id": user.pk, "username": user.username, "display_name": user.display_name}
        for user in users
    ]


class BlockedView(GenericAPIView[User]):
    """Only the caller's own blocks: users never learn who blocks them."""

    json_names = _USER | Names(results=_USER)
    permission_classes = (IsUser,)
    serializer_class = UserOutput

    @extend_schema(
        operation_id="users_blocked",
        summary="The users whom the caller blocks",
        responses={200: answer(UsersOutput, A_LIST), **schema.errors(400)},
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(selectors.blocked_by(caller(request)))
        return self.get_paginated_response(_shown(page or ()))


class BlockView(APIView):
    json_names = Names("user_id")
    permission_classes = (IsUser,)
    draws = {"PUT": (budgets.PEOPLE_BLOCK,), "DELETE": (budgets.PEOPLE_BLOCK,)}

    @extend_schema(
        operation_id="users_block",
        summary="Block a user: no direct messages and no match, in either direction",
        request=None,
        responses={204: None, **schema.errors(400, 404)},
    )
    def put(self, request: Request, user_id: int) -> Response:
        services.block_user(user_id=caller(request), other_id=user_id)
        return Response(status=204)

    @extend_schema(
        operation_id="users_unblock",
        summary="Unblock a user",
        responses={204: None, **schema.errors(404)},
    )
    def delete(self, request: Request, user_id: int) -> Response:
        services.unblock_user(user_id=caller(request), other_id=user_id)
        return Response(status=204)
