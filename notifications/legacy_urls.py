"""A legacy path without a version, kept for existing clients."""

from django.urls import path

from notifications.api.sending import LegacySendView

urlpatterns = [
    path("notification/send", LegacySendView.as_view(), name="notification-send-legacy"),
]
