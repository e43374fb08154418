from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Rooms and the assistant: empty until their issues fill them."""

    name = "chat"
