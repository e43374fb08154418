from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

# Defaults of the engine's settings other than limits (those are in realtime/limits.py).
DEFAULTS = {
    # Redis servers that the instances share; none for a single process.
    "REDIS_URLS": (),
    # The prefix of all keys and channels in Redis.
    "BELLWIRE_REDIS_PREFIX": "bellwire",
    # Other origins whose pages may connect with credentials.
    "BELLWIRE_ALLOWED_ORIGINS": (),
    # How the fields of JSON are spelled: "snake" or "camel".
    "BELLWIRE_JSON_CASE": "snake",
    # How often one caller may use each budget (realtime/cluster/budgets.py).
    "BELLWIRE_THROTTLES": True,
    "BELLWIRE_BUDGETS": {},
    "BELLWIRE_BUDGET_SCALE": 1.0,
    "BELLWIRE_BUDGET_WAIT_S": 0.15,
    # The URL from which SockJS's iframe loads the client library.
    "SOCKJS_CLIENT_URL": "",
}


class RealtimeConfig(AppConfig):
    """The realtime engine."""

    name = "realtime"
    verbose_name = _("Realtime engine")
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, app_name: str, app_module: Any) -> None:
        super().__init__(app_name, app_module)
        for name, default in DEFAULTS.items():
            if not hasattr(settings, name):
                setattr(settings, name, default)

    def ready(self) -> None:
        # A signal, because a database emptied by `flush` needs an epoch again.
        post_migrate.connect(_ensure_epoch, sender=self)
        _register_housekeeping()


def _register_housekeeping() -> None:
    # Imported here, because apps are loaded before models can be imported.
    from realtime.limits import limits
    from realtime.log import event_log
    from realtime.protocols.stomp import ack_store
    from realtime.registries import periodic_tasks

    periodic_tasks.register(
        "event-log", every_s=limits().trim_s, work=event_log.trim, is_housekeeping=True
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
