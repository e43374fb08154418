"""The caller's consent that the assistant reads their own data."""

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import IsUser
from accounts.api.callers import caller
from api.errors import invalid
from api.inputs import Input, unknown_fields
from chat import budgets
from chat.assistant import consent
from chat.assistant.api import schema


@extend_schema_serializer(examples=[OpenApiExample("Given", value={"own_data": True})])
class ConsentShape(Input):
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
        summary="Grant or withdraw that consent",
        request=ConsentShape,
        responses={200: ConsentShape, **schema.errors(400)},
    )
    def put(self, request: Request) -> Response:
        body = dict(request.data)
        given = body.get("own_data")
        faults = unknown_fields(body, ("own_data",))
        if not isinstance(given, bool):
            faults["own_data"] = ["Expected true or false."]
        if faults or given is None:
            raise invalid(faults)
        consent.set_consent(user_id=caller(request), given=given)
        return Response({"own_data": given})
