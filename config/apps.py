from django.apps import AppConfig

# Expired tickets, attempts and tokens are small, and nothing depends on when they are deleted.
CLEANUP_S = 300


class ConfigConfig(AppConfig):
    """The composition root: registers what needs several apps."""

    name = "config"

    def ready(self) -> None:
        # Models and the settings can be imported only now.
        import notifications.budgets  # noqa: F401 - all budgets are declared by now
        from accounts.cleanup import delete_expired
        from api.media import multipart
        from chat.assistant.retrieval import register_source
        from chat.rooms.notices import register_notifier, register_observer
        from config import backports, labels
        from integrations import own_data
        from integrations.room_notifications import NotificationObserver, notify, register_texts
        from realtime import budgets, periodic_tasks

        backports.apply()
        multipart.apply()
        labels.translate_labels()
        budgets.check_settings()
        register_texts()
        register_notifier(notify)
        register_observer(NotificationObserver())
        register_source(own_data.NAME, own_data.search)
        periodic_tasks.register(
            "accounts",
            every_s=CLEANUP_S,
            work=delete_expired,
            is_housekeeping=True,
        )
