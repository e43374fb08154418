from django.apps import AppConfig
from typing_extensions import override


class AccountsConfig(AppConfig):
    """Users, tokens, cookies, tickets and service keys."""

    name = "accounts"

    @override
    def ready(self) -> None:
        from accounts import schema  # noqa: F401 - registers the security schemes with OpenAPI
