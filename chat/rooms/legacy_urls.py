"""The path from before the API was versioned, kept for existing clients."""

from django.urls import path

from chat.rooms.api.messages import LegacyMessagesView

urlpatterns = [
    path("messages", LegacyMessagesView.as_view(), name="messages-flat"),
]
