"""Serializers of jobs: input, and for OpenAPI the output."""

from typing import Any

from rest_framework import serializers
from typing_extensions import override

from api.fields import VisibleCharField
from api.inputs import Input
from notifications import limits
from notifications.api.fields import LinkField, TypeField
from notifications.jobs import payload
from notifications.jobs.api.fields import (
    RECIPIENT,
    ExternalId,
    ProgressField,
    SomeExternalIds,
    SomeUserIds,
    SomeUsernames,
    UserId,
    Username,
)
from notifications.jobs.models import ACTIVE, FINISHED, Job, Status
from notifications.jobs.services import NewJob, Report
from notifications.payload import Payload
from notifications.services import Recipients


class JobsQuery(serializers.Serializer[Any]):
    """The filter of the list."""

    active = serializers.BooleanField(required=False)


class ReportInput(Input):
    """The changes of a job; every field is optional."""

    status = serializers.ChoiceField(
        choices=[str(status) for status in ACTIVE + FINISHED], required=False
    )
    progress = ProgressField(required=False)
    message = VisibleCharField(
        max_length=limits.MESSAGE_CHARS,
        allow_blank=True,
        allow_null=True,
        required=False,
        trim_whitespace=False,
    )
    link = LinkField(allow_blank=True, allow_null=True, required=False)

    def request(self) -> Report:
        """Return the report of the valid input."""
        return Report(**self.report_fields())

    def report_fields(self) -> dict[str, Any]:
        """Return the given fields of a report; an empty text and null are both ""."""
        values = {name: self.validated_data.get(name) for name in Report.__dataclass_fields__}
        data = {name: values[name] for name in values if name in self.validated_data}
        for text in ("message", "link"):
            if text in data:
                data[text] = data[text] or ""
        if "status" in data:
            data["status"] = Status(data["status"])
        return data


class JobInput(ReportInput):
    """One recipient or several, by one of six fields, and the job's first state."""

    user_id = UserId(required=False)
    external_id = ExternalId(required=False, help_text="An unknown one is created.")
    username = Username(required=False)
    user_ids = SomeUserIds(required=False, help_text="All of them see the same job.")
    external_ids = SomeExternalIds(required=False, help_text="Unknown ones are created.")
    usernames = SomeUsernames(required=False)
    title = VisibleCharField(max_length=limits.TITLE_CHARS)
    type = TypeField(
        allow_blank=True,
        allow_null=True,
        required=False,
        help_text="Of the notification at the end, however it ends. "
        "Left out: PRISM_TASK_COMPLETED or PRISM_TASK_FAILED.",
    )
    status = serializers.ChoiceField(
        choices=[str(status) for status in ACTIVE], default=str(Status.QUEUED)
    )

    @override
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(name in attrs for name in RECIPIENT) != 1:
            raise serializers.ValidationError(f"Expected exactly one of {', '.join(RECIPIENT)}.")
        return attrs

    def recipients(self) -> Recipients:
        """Return the job's recipients."""
        field = next(name for name in RECIPIENT if name in self.validated_data)
        return Recipients(RECIPIENT[field], self.validated_data[field], field=field)

    def job(self) -> NewJob:
        """Return the new job's fields."""
        data = self.validated_data
        return NewJob(title=data["title"], type=data.get("type") or "", **self.report_fields())


class JobOutput(serializers.Serializer[Job]):
    """Described here, made in notifications/jobs/payload.py."""

    id = serializers.IntegerField()
    user_id = serializers.IntegerField(help_text="The first recipient.")
    user_ids = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="All recipients, in the order in which the service named them.",
    )
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=[str(status) for status in Status])
    progress = serializers.FloatField(min_value=0, max_value=1)
    message = serializers.CharField(allow_blank=True)
    link = serializers.CharField(allow_null=True)
    type = serializers.CharField(allow_null=True)
    cancel_requested = serializers.BooleanField(
        help_text="A recipient has asked for its end. Its service decides, and ends it."
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(help_text="Of two, the later one is right.")

    @override
    def to_representation(self, instance: Job) -> Payload:
        return payload.job(instance)
