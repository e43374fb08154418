from django.apps import AppConfig


class TickerConfig(AppConfig):
    name = "ticker"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from realtime import register_topic_policy
        from ticker.prices import PricePolicy

        register_topic_policy("prices", PricePolicy())
