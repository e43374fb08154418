"""The focus timer."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import IsUser
from accounts.api.callers import caller
from api.description import answer
from api.errors import ApiError, Code
from chat import budgets
from chat.rooms import access, payload, services
from chat.rooms.api import schema
from chat.rooms.api.serializers import TimerInput, TimerOutput
from chat.rooms.live import names
from chat.rooms.timer import Action
from realtime import database_now


class TimerView(APIView):
    json_names = names.TIMER
    permission_classes = (IsUser,)
    draws = {"POST": (budgets.ROOMS_TIMER,)}

    @extend_schema(
        operation_id="rooms_timer_read",
        summary="The current state of the focus room's timer",
        responses={200: answer(TimerOutput, schema.A_TIMER), **schema.errors(404, 409)},
    )
    def get(self, request: Request, room_id: int) -> Response:
        found = access.membership(user_id=caller(request), room_id=room_id)
        timer = payload.timer(found.room, database_now())
        if timer is None:
            raise ApiError(Code.CONFLICT, "Only a focus room has a timer")
        return Response(timer)

    @extend_schema(
        operation_id="rooms_timer_control",
        summary="Start, pause, resume, skip or reset the focus room's timer",
        request=TimerInput,
        responses={
            200: answer(TimerOutput, schema.A_TIMER),
            **schema.errors(400, 404, 409),
        },
    )
    def post(self, request: Request, room_id: int) -> Response:
        form = TimerInput(data=request.data)
        form.is_valid(raise_exception=True)
        action = Action(form.validated_data["action"])
        timer = services.control_timer(user_id=caller(request), room_id=room_id, action=action)
        return Response(timer)
