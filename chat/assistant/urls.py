"""Below `/api/v1/chat/`. Streaming and waiting endpoints are raw ASGI (config/asgi.py)."""

from django.urls import path

from chat.assistant.api import consent, views

_CONVERSATION = "conversations/<str:conversation_id>"
_MESSAGE = "messages/<str:message_id>"

urlpatterns = [
    path("consent", consent.ConsentView.as_view(), name="assistant-consent"),
    path("conversations", views.ConversationsView.as_view(), name="conversations"),
    path(_CONVERSATION, views.ConversationView.as_view(), name="conversation"),
    path(f"{_MESSAGE}/stop", views.StopView.as_view(), name="answer-stop"),
    path(f"{_MESSAGE}/regenerate", views.RegenerateView.as_view(), name="answer-regenerate"),
    path(f"{_MESSAGE}/feedback", views.FeedbackView.as_view(), name="answer-feedback"),
]
