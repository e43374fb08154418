from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The composition root: commands that need every room stand here."""

    name = "config"
