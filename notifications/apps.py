from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class NotificationsConfig(AppConfig):
    """Notifications, preferences and jobs of users."""

    name = "notifications"
    verbose_name = _("Notifications")

    @override
    def ready(self) -> None:
        # Models can be imported only now.
        from accounts.users import profile
        from accounts.users.creation import on_users_created
        from accounts.users.deletion import on_user_deleted
        from notifications import limits, services, types
        from notifications.jobs import limits as job_limits
        from notifications.jobs import services as job_services
        from notifications.live import names, policies, stream_views
        from realtime import periodic_tasks

        checks.register(types.check_setting)
        policies.register_policies()
        names.register_renderers()
        profile.on_locale_changed(policies.publish_profile)
        stream_views.register_destinations()
        on_users_created(services.join)
        on_user_deleted(lambda user_id: job_services.remove_from_shared_jobs(user_id=user_id))
        periodic_tasks.register(
            "expired-notifications",
            every_s=limits.EXPIRE_EVERY_S,
            work=services.delete_expired,
            is_housekeeping=True,
        )
        periodic_tasks.register(
            "idempotency-keys",
            every_s=limits.FORGET_KEYS_EVERY_S,
            work=services.delete_expired_keys,
            is_housekeeping=True,
        )
        periodic_tasks.register(
            "silent-jobs",
            every_s=job_limits.stale_every_s(),
            work=job_services.mark_stale,
            is_housekeeping=True,
        )
        periodic_tasks.register(
            "progress held back",
            every_s=job_limits.REPORT_HELD_EVERY_S,
            work=job_services.publish_held,
        )
