"""The tables of the log, which only realtime/log/event_log.py accesses, and a few others."""

import secrets

from django.db import models
from typing_extensions import override


def new_epoch_text() -> str:
    """Return twelve hex digits: unique for each epoch, and without a colon."""
    return secrets.token_hex(6)


class Head(models.Model):
    """A topic's highest offset. Never deleted, so that no offset is assigned twice."""

    topic = models.CharField(primary_key=True, max_length=200)
    head = models.BigIntegerField()
    # Entries up to this offset have been deleted.
    trimmed = models.BigIntegerField(default=0)

    class Meta:
        db_table = "realtime_head"

    def __str__(self) -> str:
        return f"{self.topic} at {self.head}"


class Entry(models.Model):
    """One event of one topic. `data` is the JSON text exactly as it was appended."""

    pk = models.CompositePrimaryKey("topic", "offset")
    topic = models.CharField(max_length=200)
    offset = models.BigIntegerField()
    type = models.CharField(max_length=64)
    data = models.TextField()
    at = models.FloatField()

    class Meta:
        db_table = "realtime_entry"

    def __str__(self) -> str:
        return f"{self.topic} {self.offset}: {self.type}"


class Epoch(models.Model):
    """The deployment's epoch: one row, id 1."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.CharField(max_length=32, default=new_epoch_text)

    class Meta:
        db_table = "realtime_epoch"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_epoch")]

    def __str__(self) -> str:
        return self.epoch


class AckState(models.Model):
    """The acknowledgements of a user's STOMP subscription, for its next connection.

    `key` is a hash of the subscription's id and destination.
    """

    user_id = models.BigIntegerField()
    key = models.CharField(max_length=64)
    state = models.TextField()
    seen_at = models.FloatField(db_index=True)

    class Meta:
        db_table = "realtime_ack_state"
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="one_ack_state")]

    def __str__(self) -> str:
        return f"{self.key[:8]} of user {self.user_id}"


class TaskRun(models.Model):
    """The state of one housekeeping task: who may run it, and how its last run went.

    Times are the database's. `leased_until` in the future means that `holder` is running it.
    """

    name = models.CharField(primary_key=True, max_length=100)
    holder = models.CharField(max_length=64, blank=True)
    leased_until = models.DateTimeField()
    due_at = models.DateTimeField()
    succeeded_at = models.DateTimeField(null=True)
    duration_s = models.FloatField(null=True)

    class Meta:
        db_table = "realtime_task_run"

    def __str__(self) -> str:
        return self.name


class _Nothing(models.Manager["LiveConnection"]):
    @override
    def get_queryset(self) -> models.QuerySet["LiveConnection"]:
        return super().get_queryset().none()


class LiveConnection(models.Model):
    """Connections as a model, for permissions and the admin log.

    It has no table, and queries (`dumpdata`) return no rows: realtime/cluster/roster.py lists the
    connections.
    """

    connection_id = models.CharField(primary_key=True, max_length=32)

    objects = _Nothing()

    class Meta:
        managed = False
        default_permissions = ("view",)
        permissions = [("disconnect_liveconnection", "Can disconnect live connections")]

    def __str__(self) -> str:
        return self.connection_id
