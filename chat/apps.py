from django.apps import AppConfig
from typing_extensions import override


class ChatConfig(AppConfig):
    """Rooms where people talk, and beside them the assistant."""

    name = "chat"

    @override
    def ready(self) -> None:
        from chat import matching
        from chat.assistant.documents import embedding
        from chat.assistant.retrieval import embeddings
        from chat.rooms import commands, doors, topics, watch
        from realtime import chores

        topics.register_policy()
        doors.register_destinations()
        commands.register_commands()
        watch.register_watch()
        matching.register()
        if embeddings.available():
            chores.register(
                "vectors of passages", every_s=embedding.EVERY_S, work=embedding.embed_pending
            )
