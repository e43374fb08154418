"""The URL configuration."""

from django.contrib import admin
from django.urls import include, path, re_path

from accounts.admin import sign_in
from config import errors, portal
from config.health import endpoints
from config.openapi import document

notification_urls = include("notifications.urls")

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns = [
    path("", portal.portal, name="portal"),
    path("service-worker.js", portal.service_worker),
    # Before the admin's own views: endpoints that take a password spend the sign-in's budgets.
    path("admin/login/", sign_in.sign_in),
    path("admin/password_change/", sign_in.change_own_password),
    path("admin/", admin.site.urls),
    path("api/v1/auth/", include("accounts.urls")),
    path("api/v1/notifications", notification_urls),
    path("notification/api/v1/notifications", notification_urls),
    path("", include("notifications.legacy_urls")),
    path("api/v1/", include("notifications.jobs.urls")),
    path("api/v1/", include("chat.rooms.urls")),
    path("api/v1/", include("chat.people.urls")),
    path("api/v1/", include("chat.matching.urls")),
    path("api/v1/chat/", include("chat.assistant.urls")),
    path("", include("chat.rooms.legacy_urls")),
    path("api/v1/", include("chat.assistant.documents.urls")),
    path("healthz", endpoints.healthz),
    path("readyz", endpoints.readyz),
    path("metrics", endpoints.metrics),
    path("api/schema/", document.SchemaView.as_view(), name="schema"),
    path("api/docs/", document.docs, name="docs"),
    # Clients expect JSON; in development Django would respond with its debug page.
    re_path(r"^(?:api|notification)/", errors.no_such_path),
    # A notification's link may lead to any page of the portal; its router handles unknown ones.
    re_path(rf"^(?!(?:{portal.NOT_PORTAL_PATHS})(?:/|$))", portal.portal),
]
