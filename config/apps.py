from django.apps import AppConfig

# Expired tickets, attempts and tokens are small; nothing depends on when they go.
CLEANUP_S = 300


class ConfigConfig(AppConfig):
    """The composition root: what needs several rooms stands here."""

    name = "config"

    def ready(self) -> None:
        from accounts.cleanup import delete_expired
        from realtime import chores

        chores.register("accounts", every_s=CLEANUP_S, work=delete_expired)
