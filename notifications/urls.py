"""Paths below `/api/v1/notifications`, which itself does not end in a slash."""

from django.urls import path

from notifications.api import inbox, preferences, sending

urlpatterns = [
    path("", inbox.InboxView.as_view(), name="notifications"),
    path("/unread", inbox.UnreadView.as_view(), name="notifications-unread"),
    path("/unread/count", inbox.UnreadCountView.as_view(), name="notifications-unread-count"),
    path("/preferences", preferences.PreferencesView.as_view(), name="notifications-preferences"),
    path("/types", preferences.TypesView.as_view(), name="notifications-types"),
    path("/read-all", inbox.ReadAllView.as_view(), name="notifications-read-all"),
    path("/send", sending.SendView.as_view(), name="notifications-send"),
    path("/send-many", sending.SendManyView.as_view(), name="notifications-send-many"),
    path("/sent/<uuid:batch_id>", sending.SentView.as_view(), name="notifications-sent"),
    path("/<int:notification_id>", inbox.NotificationView.as_view(), name="notification"),
    path("/<int:notification_id>/read", inbox.ReadView.as_view(), name="notification-read"),
]
