"""Paths below `/api/v1/auth/`."""

from django.urls import path

from accounts.api import views

urlpatterns = [
    path("token", views.TokenView.as_view(), name="auth-token"),
    path("token/refresh", views.RefreshView.as_view(), name="auth-refresh"),
    path("logout", views.LogoutView.as_view(), name="auth-logout"),
    path("ticket", views.TicketView.as_view(), name="auth-ticket"),
    path("me", views.MeView.as_view(), name="auth-me"),
    path("csrf", views.CsrfView.as_view(), name="auth-csrf"),
]
