from django.apps import AppConfig

# Expired tickets, attempts and tokens are small; nothing depends on when they go.
CLEANUP_S = 300


class ConfigConfig(AppConfig):
    """The composition root: what needs several rooms stands here."""

    name = "config"

    def ready(self) -> None:
        import notifications.budgets  # noqa: F401 - all budgets are declared by now
        from accounts.cleanup import delete_expired
        from api import multipart
        from chat.assistant.retrieval import register_source
        from chat.rooms.notices import register_follower, register_notifier
        from config import backports, labels, own_affairs
        from config.room_notices import NoticeFollower, notify, register_texts
        from realtime import budgets, chores

        backports.apply()
        multipart.apply()
        labels.translate_labels()
        budgets.check_settings()
        register_texts()
        register_notifier(notify)
        register_follower(NoticeFollower())
        register_source(own_affairs.NAME, own_affairs.search)
        chores.register("accounts", every_s=CLEANUP_S, work=delete_expired)
