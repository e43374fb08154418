"""Job endpoints: services create and report, users read and ask to cancel."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from typing_extensions import override

from accounts.api.authentication import IsUser
from accounts.api.throttling import spend
from api.description import answer
from api.errors import ApiError, Code
from api.pagination import PagePagination
from notifications import budgets
from notifications.api.schema import IDEMPOTENCY_KEY, errors
from notifications.api.serializers import once_of
from notifications.jobs import selectors, services
from notifications.jobs.api import callers, schema
from notifications.jobs.api.serializers import JobInput, JobOutput, JobsQuery, ReportInput
from notifications.jobs.models import Job
from notifications.live import names


class JobsView(ListAPIView[Job]):
    """The caller's jobs; a service's are those that it has created."""

    json_names = names.JOBS
    permission_classes = (callers.ReadsOrReports,)
    draws = {"POST": (budgets.JOBS,)}
    pagination_class = PagePagination
    serializer_class = JobOutput

    @override
    def get_queryset(self) -> QuerySet[Job]:
        query = JobsQuery(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        active = query.validated_data.get("active")
        return selectors.listed(callers.own(self.request), active=active)

    @extend_schema(
        operation_id="jobs_list",
        summary="The caller's jobs, newest first",
        parameters=[schema.ACTIVE],
        responses={200: answer(JobOutput(many=True), schema.A_JOB), **errors(400)},
    )
    @override
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="jobs_create",
        summary="Tell users of something that takes a while (services only)",
        parameters=[IDEMPOTENCY_KEY],
        request=JobInput,
        responses={201: schema.job(), **errors(400, 409, 413)},
        examples=schema.CREATE_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        form = JobInput(data=request.data)
        form.is_valid(raise_exception=True)
        to = form.recipients()
        spend(request, (budgets.RECIPIENTS,), tokens=len(to.names))
        made = services.create(
            sender=callers.sender(request),
            to=to,
            job=form.job(),
            once=once_of(request, "jobs"),
        )
        return Response(made, status=201)


class JobView(APIView):
    json_names = names.JOB
    permission_classes = (callers.ReadsOrReports,)
    draws = {"PATCH": (budgets.JOBS,)}

    @extend_schema(
        operation_id="jobs_read",
        summary="One job of the caller's",
        responses={200: schema.job(), **errors(404)},
    )
    def get(self, request: Request, job_id: int) -> Response:
        row = callers.find(request, job_id)
        if row is None:
            raise ApiError(Code.NOT_FOUND, "Not found")
        return Response(JobOutput(row).data)

    @extend_schema(
        operation_id="jobs_report",
        summary="Report how far a job is, or how it ended (the service that made it)",
        description="`succeeded`, `failed` and `cancelled` end it, and send its recipients a "
        "notification; repeating that report is harmless. Where the answer says "
        "`cancel_requested` a recipient wants the job to end: stop, and report `cancelled`. An "
        "empty report is a sign of life: after 10 minutes without one the job is `stale`, until "
        "the next. `queued` and `running` may follow each other in any order, and progress may "
        "fall, as when a worker dies and its task is tried again.",
        request=ReportInput,
        responses={
            200: schema.job(),
            **errors(400, 404, 413),
            **schema.conflict("The job has ended before", "This job has ended before: failed"),
        },
        examples=schema.REPORT_EXAMPLES,
    )
    def patch(self, request: Request, job_id: int) -> Response:
        form = ReportInput(data=request.data)
        form.is_valid(raise_exception=True)
        row = services.report(sender=callers.sender(request), job_id=job_id, given=form.request())
        return Response(JobOutput(row).data)


class CancelView(APIView):
    json_names = names.JOB
    permission_classes = (IsUser,)
    draws = {"POST": (budgets.CANCEL_JOB,)}

    @extend_schema(
        operation_id="jobs_cancel",
        summary="Ask for the end of a job that one waits for",
        description="Any recipient may. The job is `cancel_requested` from then on, for all of "
        "them and for its service, which ends it as `cancelled` when it can; or otherwise, if it "
        "was done by then. Asking again changes nothing.",
        request=None,
        responses={
            200: schema.job(),
            **errors(404),
            **schema.conflict("The job has ended before", "This job has ended before: succeeded"),
        },
    )
    def post(self, request: Request, job_id: int) -> Response:
        row = services.request_cancel(user_id=callers.user_id(request), job_id=job_id)
        return Response(JobOutput(row).data)
