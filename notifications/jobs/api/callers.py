"""The callers of the job endpoints: users read jobs they wait for, services those they created."""

from typing import TYPE_CHECKING, cast

from django.db.models import QuerySet
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from typing_extensions import override

from accounts.credentials.service_keys import ServiceCaller
from accounts.models import User
from notifications.jobs import selectors
from notifications.jobs.models import Job

if TYPE_CHECKING:
    from rest_framework.views import APIView

SCOPE = "jobs:write"


class ReadsOrReports(BasePermission):
    """Services with the scope; users may only read."""

    @override
    def has_permission(self, request: Request, view: "APIView") -> bool:
        caller: object = request.user
        if isinstance(caller, ServiceCaller):
            return caller.allows(SCOPE)
        return isinstance(caller, User) and request.method in SAFE_METHODS


def sender(request: Request) -> str:
    """Return the calling service, as in its batches and idempotency keys."""
    return f"service:{cast(ServiceCaller, request.user).name}"


def user_id(request: Request) -> int:
    """Return the id of the calling user."""
    return cast(User, request.user).pk


def own(request: Request) -> QuerySet[Job]:
    """Return the jobs that the caller may read."""
    caller: object = request.user
    if isinstance(caller, ServiceCaller):
        return selectors.of_sender(sender(request))
    return selectors.of_user(user_id(request))


def find(request: Request, job_id: int) -> Job | None:
    """Return the job if the caller may read it."""
    caller: object = request.user
    if isinstance(caller, ServiceCaller):
        found = selectors.of_sender(sender(request)).filter(pk=job_id)
    else:
        found = selectors.one_of_user(user_id(request), job_id)
    return selectors.with_recipients(found).first()
