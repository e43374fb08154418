from django.contrib.auth.models import AbstractUser
from django.db import models


class Trader(AbstractUser):
    """The project's own users: the engine needs nothing of them but an id and a name."""

    desk = models.CharField(max_length=40, blank=True)
