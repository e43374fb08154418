"""A path that strangers' programs knew before there was a version in it."""

from django.urls import path

from notifications.api.sending import LegacySendView

urlpatterns = [
    path("notification/send", LegacySendView.as_view(), name="notification-send-legacy"),
]
