"""Who waits for a match, and whom they were paired with while they waited."""

from django.conf import settings
from django.db import models

from chat.rooms.models import Room


class Waiting(models.Model):
    """One user's wish. With a `room` it has come true, and waits to be asked for."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    since = models.DateTimeField(db_index=True)
    # The last sign that they are there: they asked again, or have a connection open.
    seen_at = models.DateTimeField()
    room = models.ForeignKey(Room, models.CASCADE, null=True, related_name="+")
    paired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"user {self.user_id} since {self.since:%H:%M:%S}"
