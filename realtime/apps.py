from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RealtimeConfig(AppConfig):
    """The realtime engine."""

    name = "realtime"
    verbose_name = _("Realtime engine")

    def ready(self) -> None:
        # A signal, because a database emptied by `flush` needs an epoch again.
        post_migrate.connect(_ensure_epoch, sender=self)


def _ensure_epoch(using: str, **_: Any) -> None:
    # Imported here, because apps are loaded before models can be imported.
    from realtime.models import Epoch

    Epoch.objects.using(using).get_or_create(id=1)
