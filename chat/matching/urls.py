"""Below `/api/v1/`."""

from django.urls import path

from chat.matching import api

urlpatterns = [path("matching", api.MatchingView.as_view(), name="matching")]
