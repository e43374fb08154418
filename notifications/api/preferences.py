"""The categories that the caller has switched on or off, and the registered types."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import IsUser
from accounts.api.callers import caller, language_of
from api.description import answer
from notifications import budgets, selectors, services, texts, types
from notifications.api import schema
from notifications.api.serializers import TypeOutput, validated_preferences


class PreferencesView(APIView):
    permission_classes = (IsUser,)
    draws = {"PUT": (budgets.PREFERENCES,)}

    @extend_schema(
        operation_id="notifications_preferences",
        summary="Every category, and whether it is on",
        responses={200: schema.preferences_answer(), **schema.errors()},
    )
    def get(self, request: Request) -> Response:
        return Response(selectors.preferences(caller(request)))

    @extend_schema(
        operation_id="notifications_set_preferences",
        summary="Switch categories on and off; those that are not named stay as they are",
        description=(
            "While a category is off its notifications are neither listed, counted nor pushed; "
            "they are there again when it is on. `system` is always on."
        ),
        request={"application/json": schema.PREFERENCES},
        examples=[schema.PREFERENCES_EXAMPLE],
        responses={200: schema.preferences_answer(), **schema.errors(400)},
    )
    def put(self, request: Request) -> Response:
        wanted = validated_preferences(request.data)
        return Response(services.set_preferences(user_id=caller(request), wanted=wanted))


class TypesView(APIView):
    permission_classes = (IsUser,)

    @extend_schema(
        operation_id="notifications_types",
        summary="The registered types: category, default title and icon of each",
        responses={
            200: answer(
                TypeOutput(many=True),
                [
                    {
                        "name": "DELIVERY_STARTED",
                        "category": "shopping",
                        "title": "On its way",
                        "icon": "shopping",
                        "link": "",
                    }
                ],
            ),
            **schema.errors(),
        },
    )
    def get(self, request: Request) -> Response:
        language = language_of(request)
        return Response([_type(one, language) for one in types.registered().values()])


def _type(one: types.NotificationType, language: str) -> dict[str, str]:
    return {
        "name": one.name,
        "category": one.category,
        "title": texts.type_title(one.name, language) or one.title,
        "icon": one.icon,
        "link": one.link,
    }
