"""Blocks between users."""

from django.conf import settings
from django.db import models


class Block(models.Model):
    """`user` blocks `blocked`: no direct messages and no match, in either direction."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    blocked = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "blocked"], name="one_block")]

    def __str__(self) -> str:
        return f"user {self.user_id} blocks {self.blocked_id}"
