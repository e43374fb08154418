"""REST endpoint of matching."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import IsUser
from accounts.api.callers import caller
from api.description import answer
from api.media.renderers import iso_utc
from api.names import Names
from chat import budgets
from chat.matching import services
from chat.rooms.api import schema

WAITING: dict[str, Any] = {"status": "waiting", "expires_at": "2026-01-31T12:02:00.000000Z"}
PAIRED: dict[str, Any] = {"status": "matched", "room_id": 7}


class WaitingOutput(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["waiting"])
    expires_at = serializers.DateTimeField(help_text="Ask again by then to go on waiting.")


class PairedOutput(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["matched"])
    room_id = serializers.IntegerField(help_text="The direct room with the other user.")


class MatchingView(APIView):
    json_names = Names("room_id", "expires_at")
    permission_classes = (IsUser,)
    draws = {"POST": (budgets.MATCHING,), "DELETE": (budgets.MATCHING,)}

    @extend_schema(
        operation_id="matching_seek",
        summary="Be matched with a waiting user, or wait; `matched` is pushed to both",
        request=None,
        responses={
            200: answer(PairedOutput, PAIRED, "Paired"),
            202: answer(WaitingOutput, WAITING, "Waiting"),
            **schema.errors(),
        },
    )
    def post(self, request: Request) -> Response:
        result = services.seek_match(user_id=caller(request))
        if result.room_id is not None:
            return Response({"status": "matched", "room_id": result.room_id})
        expires_at = iso_utc(result.expires_at) if result.expires_at else None
        return Response({"status": "waiting", "expires_at": expires_at}, status=202)

    @extend_schema(
        operation_id="matching_give_up",
        summary="Stop waiting",
        responses={204: None, **schema.errors()},
    )
    def delete(self, request: Request) -> Response:
        services.stop_waiting(user_id=caller(request))
        return Response(status=204)
