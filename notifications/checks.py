"""Django system checks of the settings: reported at start, not at the first notification."""

from typing import Any

from django.conf import settings
from django.core import checks

from notifications import types


def _types(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    own = getattr(settings, "BELLWIRE_NOTIFICATION_TYPES", {})
    return [
        checks.Error(f"BELLWIRE_NOTIFICATION_TYPES: {fault}", id="notifications.E001")
        for fault in types.faults(own)
    ]


def register_checks() -> None:
    """Register the checks with Django. Called once, when the apps are ready."""
    checks.register(_types)
