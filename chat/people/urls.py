"""Below `/api/v1/`."""

from django.urls import path

from chat.people import api

urlpatterns = [
    path("users", api.UsersView.as_view(), name="users"),
    path("users/blocked", api.BlockedView.as_view(), name="users-blocked"),
    path("users/<int:user_id>/block", api.BlockView.as_view(), name="user-block"),
]
