"""A path that strangers' programs knew before there was a version in it."""

from django.urls import path

from chat.rooms.api.messages import LegacyMessagesView

urlpatterns = [
    path("messages", LegacyMessagesView.as_view(), name="messages-flat"),
]
