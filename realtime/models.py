"""The log's tables, which only realtime/log/event_log.py reads and writes, and a few others."""

import secrets

from django.db import models
from typing_extensions import override


def new_epoch_text() -> str:
    """Twelve hex digits: no two lifetimes of a log share them, and no colon is in them."""
    return secrets.token_hex(6)


class Head(models.Model):
    """How far a topic has come. Never deleted, so that an offset is never given twice."""

    topic = models.CharField(primary_key=True, max_length=200)
    head = models.BigIntegerField()
    # Rows up to here have been deleted.
    trimmed = models.BigIntegerField(default=0)

    class Meta:
        db_table = "realtime_head"

    def __str__(self) -> str:
        return f"{self.topic} at {self.head}"


class Entry(models.Model):
    """One event of one topic. `data` is the JSON text exactly as it is sent."""

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
    """What a user's STOMP subscription has acknowledged, for when it is subscribed anew.

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


class _Nothing(models.Manager["LiveConnection"]):
    @override
    def get_queryset(self) -> models.QuerySet["LiveConnection"]:
        return super().get_queryset().none()


class LiveConnection(models.Model):
    """The name under which permissions and the admin log know connections.

    There is no table, and whoever asks for rows (`dumpdata`) finds none: what is connected is known
    to realtime/cluster/roster.py.
    """

    connection_id = models.CharField(primary_key=True, max_length=32)

    objects = _Nothing()

    class Meta:
        managed = False
        default_permissions = ("view",)
        permissions = [("disconnect_liveconnection", "Can disconnect live connections")]

    def __str__(self) -> str:
        return self.connection_id
