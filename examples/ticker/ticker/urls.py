from django.contrib.auth.views import LoginView
from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.urls import path

urlpatterns = [
    path("", LoginView.as_view(template_name="ticker.html", next_page="/")),
    *staticfiles_urlpatterns(),
]
