from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RealtimeConfig(AppConfig):
    """The engine."""

    name = "realtime"
    verbose_name = _("Realtime engine")

    def ready(self) -> None:
        # A signal, because an emptied database (`flush`) needs its epoch again as well.
        post_migrate.connect(_ensure_epoch, sender=self)


def _ensure_epoch(using: str, **_: Any) -> None:
    from realtime.models import Epoch

    Epoch.objects.using(using).get_or_create(id=1)
