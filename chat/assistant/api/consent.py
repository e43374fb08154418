"""What the assistant may read of the caller's own."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.callers import caller
from accounts.rest import IsUser
from api.errors import invalid
from chat import budgets
from chat.assistant import consent
from chat.assistant.api import schema


@extend_schema_serializer(examples=[OpenApiExample("Given", value={"own_data": True})])
class ConsentShape(serializers.Serializer[Any]):
    own_data = serializers.BooleanField(
        help_text="Whether the caller's own notifications and jobs may be read to answer them."
    )


class ConsentView(APIView):
    permission_classes = (IsUser,)
    draws = {"PUT": (budgets.ASSISTANT_MANAGE,)}

    @extend_schema(
        operation_id="assistant_consent",
        summary="Whether the assistant may read the caller's own notifications and jobs",
        responses={200: ConsentShape, **schema.errors()},
    )
    def get(self, request: Request) -> Response:
        return Response({"own_data": consent.is_given(caller(request))})

    @extend_schema(
        operation_id="assistant_set_consent",
        summary="Allow it, or take that back",
        request=ConsentShape,
        responses={200: ConsentShape, **schema.errors(400)},
    )
    def put(self, request: Request) -> Response:
        given = request.data.get("own_data") if isinstance(request.data, dict) else None
        if not isinstance(given, bool):
            raise invalid({"own_data": ["Expected true or false."]})
        consent.decide(user_id=caller(request), given=given)
        return Response({"own_data": given})
