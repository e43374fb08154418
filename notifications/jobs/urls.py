"""Paths below `/api/v1/`."""

from django.urls import path

from notifications.jobs.api import views

urlpatterns = [
    path("jobs", views.JobsView.as_view(), name="jobs"),
    path("jobs/<int:job_id>", views.JobView.as_view(), name="job"),
    path("jobs/<int:job_id>/cancel", views.CancelView.as_view(), name="job-cancel"),
]
