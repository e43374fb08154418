from django.apps import AppConfig
from typing_extensions import override


class NotificationsConfig(AppConfig):
    """What services tell users, and what users do with it."""

    name = "notifications"

    @override
    def ready(self) -> None:
        from notifications import checks, doors, limits, policies, services
        from realtime import chores

        checks.register_checks()
        policies.register_policies()
        doors.register_destinations()
        chores.register(
            "expired notifications", every_s=limits.EXPIRE_EVERY_S, work=services.delete_expired
        )
        chores.register(
            "old idempotency keys",
            every_s=limits.FORGET_KEYS_EVERY_S,
            work=services.forget_old_keys,
        )
