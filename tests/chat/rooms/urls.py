"""The room's own paths."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("chat.rooms.urls")),
    path("api/v1/", include("chat.people.urls")),
    path("api/v1/", include("chat.matching.urls")),
    path("", include("chat.rooms.legacy_urls")),
]
