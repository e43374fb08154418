"""The admin's password pages. A throttled attempt is a form error with status 429 or 503."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from typing_extensions import override

from accounts import security_log
from accounts.models import EventKind
from accounts.passwords.backends import confirm_password
from accounts.users.devices import remember_device
from api.errors import ApiError, Code, retry_after_seconds

_REFUSAL = "bellwire_sign_in_refusal"


class SignInForm(AdminAuthenticationForm):
    """The admin's sign-in form, which shows the backend's refusals as form errors."""

    @override
    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except ApiError as error:
            raise _refused(self.request, error) from None


class OwnPasswordForm(AdminPasswordChangeForm):
    """The form to change one's own password; checking the old one spends the sign-in's budgets."""

    request: HttpRequest

    @override
    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        try:
            is_right = confirm_password(self.request, self.user, password)
        except ApiError as error:
            raise _refused(self.request, error) from None
        if not is_right:
            raise forms.ValidationError(
                self.error_messages["password_incorrect"], code="password_incorrect"
            )
        return password


class OwnPasswordView(PasswordChangeView):
    form_class = OwnPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    @override
    def get_form(self, form_class: Any = None) -> Any:
        form: Any = super().get_form(form_class)
        form.request = self.request
        return form

    @override
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | admin.site.each_context(self.request)


@never_cache
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """The view of `/admin/login/`."""
    response = _with_refusal(request, admin.site.login(request))
    if request.method == "POST" and response.status_code == 302 and request.user.is_authenticated:
        username = request.user.get_username()
        remember_device(request, response, username)
        security_log.count(EventKind.SIGN_IN, user_id=request.user.pk, username=username)
    return response


def change_own_password(request: HttpRequest) -> HttpResponseBase:
    """The view of `/admin/password_change/`, for users with access to the admin."""
    view = admin.site.admin_view(_change_own_password, cacheable=True)
    return view(request)


def _change_own_password(request: HttpRequest) -> HttpResponseBase:
    request.current_app = admin.site.name
    response = OwnPasswordView.as_view()(request)
    if hasattr(response, "render"):
        response = response.render()
    return _with_refusal(request, response)


def _refused(request: HttpRequest | None, error: ApiError) -> forms.ValidationError:
    if request is not None:
        setattr(request, _REFUSAL, error)
    seconds = retry_after_seconds(error)
    texts = {
        Code.RATE_LIMITED: _("Too many wrong passwords."),
        Code.UNAVAILABLE: _("Too many people are signing in just now."),
    }
    why = texts.get(Code(error.code), error.message)
    again = _("Try again in %(seconds)d seconds.") % {"seconds": seconds}
    return forms.ValidationError(f"{why} {again}", code=error.code)


def _with_refusal(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    refusal: ApiError | None = getattr(request, _REFUSAL, None)
    if refusal is not None:
        response.status_code = refusal.status_code
        response.headers["Retry-After"] = str(retry_after_seconds(refusal))
    return response
