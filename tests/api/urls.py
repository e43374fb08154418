"""Views that do what the tests ask of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from django.urls import path
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.errors import ApiError
from api.pagination import PagePagination

ERRORS: dict[str, Callable[[], Exception]] = {
    "conflict": lambda: ApiError("CONFLICT", "Already so"),
    "invalid": lambda: ApiError("INVALID", "No", errors={"title": ["Too long."]}),
    "limited": lambda: ApiError("RATE_LIMITED", "Slow down", retry_after=2.2),
    "unusual": lambda: ApiError("INVALID", "Teapot", 418),
    "drf": lambda: exceptions.ValidationError({"a": {"b": ["x"]}, "list": [{}, {"c": ["y"]}]}),
    "drf-list": lambda: exceptions.ValidationError(["x", "y"]),
    "drf-index": lambda: exceptions.ValidationError({"ids": {"3": ["not a number"]}}),
    "django": lambda: DjangoValidationError({"title": ["x"], "__all__": ["y"]}),
    "django-text": lambda: DjangoValidationError("x"),
    "401": exceptions.NotAuthenticated,
    "403": lambda: exceptions.PermissionDenied("Not yours"),
    "403-django": PermissionDenied,
    "404": Http404,
    "404-drf": exceptions.NotFound,
    "throttled": lambda: exceptions.Throttled(wait=1.5),
    "too-big": RequestDataTooBig,
    "suspicious": SuspiciousOperation,
    "500": lambda: RuntimeError("a fault of ours"),
    "500-drf": exceptions.APIException,
}


class Open(APIView):
    authentication_classes = ()
    permission_classes = ()


class Raising(Open):
    def get(self, request: Request, name: str) -> Response:
        error = ERRORS[name]()
        raise error


class Echo(Open):
    def post(self, request: Request) -> Response:
        return Response(request.data)


class Input(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=5)
    count = serializers.IntegerField(required=False)


class Checked(Open):
    def post(self, request: Request) -> Response:
        checked = Input(data=request.data)
        checked.is_valid(raise_exception=True)
        return Response(checked.validated_data, status=201)


class Numbers(Open):
    def get(self, request: Request, count: int) -> Response:
        pages = PagePagination()
        return pages.get_paginated_response(pages.paginate_queryset(range(count), request))


class Instants(Open):
    def get(self, request: Request) -> Response:
        return Response({"at": datetime(2026, 1, 31, 12, tzinfo=UTC)})


urlpatterns = [
    path("raise/<name>", Raising.as_view()),
    path("echo", Echo.as_view()),
    path("checked", Checked.as_view()),
    path("numbers/<int:count>", Numbers.as_view()),
    path("instants", Instants.as_view()),
]
