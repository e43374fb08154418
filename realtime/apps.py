from typing import Any

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from env_settings import SettingError
from realtime.conf import engine_conf
from realtime.server.conf import server_conf


class RealtimeConfig(AppConfig):
    """The realtime engine."""

    name = "realtime"
    verbose_name = _("Realtime engine")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # A bad value stops the start of a project that asks for its settings only later.
        try:
            engine_conf.environment()
            server_conf.environment()
        except SettingError as error:
            raise ImproperlyConfigured(str(error)) from None
        # A signal, because a database emptied by `flush` needs an epoch again.
        post_migrate.connect(_ensure_epoch, sender=self)
        _register_housekeeping()


def _register_housekeeping() -> None:
    # Imported here, because apps are loaded before models can be imported.
    from realtime.conf import conf
    from realtime.log import event_log
    from realtime.protocols.stomp import ack_store
    from realtime.registries import periodic_tasks

    periodic_tasks.register(
        "event-log", every_s=conf().trim_s, work=event_log.trim, is_housekeeping=True
    )
    periodic_tasks.register(
        "acknowledgements",
        every_s=ack_store.FORGET_EVERY_S,
        work=ack_store.forget_old,
        is_housekeeping=True,
    )


def _ensure_epoch(using: str, **_: Any) -> None:
    # Imported here, because apps are loaded before models can be imported.
    from realtime.models import Epoch

    Epoch.objects.using(using).get_or_create(id=1)
