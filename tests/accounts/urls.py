"""The room's own paths, and a view of each kind."""

from typing import Any

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import HasScope, IsUser


def kind_of(request: Request) -> str:
    auth: Any = request.auth
    return str(auth.kind)


class UsersOnly(APIView):
    permission_classes = [IsUser]

    def get(self, request: Request) -> Response:
        return Response({"username": request.user.get_username(), "kind": kind_of(request)})

    def post(self, request: Request) -> Response:
        return self.get(request)


class Senders(APIView):
    permission_classes = [HasScope("notifications:send", permission="auth.add_group")]

    def post(self, request: Request) -> Response:
        return Response({"caller": str(request.user), "kind": kind_of(request)})


urlpatterns = [
    path("api/v1/auth/", include("accounts.urls")),
    path("users-only", UsersOnly.as_view()),
    path("send", Senders.as_view()),
    path("api/schema/", SpectacularAPIView.as_view()),
    path("admin/", admin.site.urls),
]
