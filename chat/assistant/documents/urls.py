"""Below `/api/v1/`."""

from django.urls import path

from chat.assistant.documents.api import views

urlpatterns = [
    path("chat/documents", views.DocumentsView.as_view(), name="documents"),
    path("chat/documents/<int:document_id>", views.DocumentView.as_view(), name="document"),
]
