"""The documents' own paths."""

from django.urls import include, path

urlpatterns = [path("api/v1/", include("chat.assistant.documents.urls"))]
