"""Permissions of callers: services add documents; users read them, and may be allowed to add."""

from typing import cast

from django.db.models import QuerySet
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView
from typing_extensions import override

from accounts.credentials.service_keys import ServiceCaller
from accounts.models import User
from chat.assistant.documents.models import Document
from chat.assistant.documents.selectors import readable

SCOPE = "documents:write"
NEEDED = {"POST": "chat.add_document", "DELETE": "chat.delete_document"}


class ReadsOrWrites(BasePermission):
    """Services need the scope. Users may read, and write with Django's permission."""

    @override
    def has_permission(self, request: Request, view: APIView) -> bool:
        caller: object = request.user
        if isinstance(caller, ServiceCaller):
            return caller.allows(SCOPE)
        if not isinstance(caller, User):
            return False
        if request.method in SAFE_METHODS:
            return True
        return caller.has_perm(NEEDED.get(request.method or "", "chat.change_document"))


def sender_of(request: Request) -> str:
    """The value of `added_by` for documents of this caller."""
    caller: object = request.user
    if isinstance(caller, ServiceCaller):
        return f"service:{caller.name}"
    return f"user:{cast(User, caller).pk}"


def visible_documents(request: Request) -> QuerySet[Document]:
    """For a user, the documents that they may read; for a service, those that it has added."""
    caller: object = request.user
    if isinstance(caller, ServiceCaller):
        return Document.objects.filter(added_by=sender_of(request))
    return readable(cast(User, caller).pk)
