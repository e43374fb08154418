"""The settings of notifications and jobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

from env_settings import declare, setting


@dataclass(frozen=True)
class NotificationSettings:
    """Types of notifications, and limits of jobs."""

    notification_types: Mapping[str, Any] = setting(
        {},
        "",
        "JSON: types of your own, or built-in ones changed ([below](#your-own-notification-types))",
    )
    job_recipients: int = setting(
        100,
        "users",
        "how many people one job may be shown to: each of its events is written to every "
        "recipient's topic. A team or a class; a larger audience gets a notification at the end "
        "instead",
        least=1,
    )
    job_stale_s: float = setting(
        600.0,
        "s",
        "a job that its service has been silent about for so long is `stale` (noticed up to 1/25 "
        "of it later); docs/contract.md §6 has 10 minutes",
        least=0.01,
    )
    port: int = setting(
        8000,
        "port",
        "where the demo finds the server",
        env="PORT",
        least=1,
        most=65_535,
        is_repeated=True,
    )

    @property
    def stale_after(self) -> timedelta:
        """Return how long a service may be silent about a job."""
        return timedelta(seconds=self.job_stale_s)


conf = declare(NotificationSettings, settings, setting_changed)
