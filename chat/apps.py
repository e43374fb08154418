from django.apps import AppConfig
from typing_extensions import override


class ChatConfig(AppConfig):
    """Rooms where people talk; the assistant will stand beside them."""

    name = "chat"

    @override
    def ready(self) -> None:
        from chat import matching
        from chat.rooms import commands, doors, topics, watch

        topics.register_policy()
        doors.register_destinations()
        commands.register_commands()
        watch.register_watch()
        matching.register()
