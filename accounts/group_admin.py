"""Groups in Django's admin: others may look, as a group's permissions are its members'."""

from typing import Any

from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from typing_extensions import override


class SuperuserGroupAdmin(GroupAdmin):
    """Only superusers add, change and delete groups, whatever permissions others hold."""

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    @override
    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)
