"""Groups in Django's admin: only superusers change them, as they grant permissions to members."""

from typing import Any

from django import forms
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from typing_extensions import override

from accounts.admin.search import SpellingSearch
from text.names import key_of, normalize
from text.visible import is_visible


class NamedGroupForm(forms.ModelForm):  # type: ignore[type-arg]
    """A group whose name no other group has in another spelling."""

    def clean_name(self) -> str:
        name = normalize(self.cleaned_data["name"])
        if not is_visible(name):
            raise forms.ValidationError("Enter a name that shows something.")
        others = Group.objects.exclude(pk=self.instance.pk).values_list("name", flat=True)
        if "name" in self.changed_data and key_of(name) in map(key_of, others):
            raise forms.ValidationError(
                "A group has this name already, in this or another spelling."
            )
        return name


class SuperuserGroupAdmin(SpellingSearch, GroupAdmin):
    """Only superusers add, change and delete groups, whatever permissions others have."""

    form = NamedGroupForm

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    @override
    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)
