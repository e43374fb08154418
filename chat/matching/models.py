"""The matching queue."""

from django.conf import settings
from django.db import models

from chat.rooms.models import Room


class Waiting(models.Model):
    """A user's request to be matched. With a `room`, a match that the user has not fetched yet."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    since = models.DateTimeField(db_index=True)
    # When the user last asked, or was last seen with an open connection.
    seen_at = models.DateTimeField()
    room = models.ForeignKey(Room, models.CASCADE, null=True, related_name="+")
    paired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"user {self.user_id} since {self.since:%H:%M:%S}"
