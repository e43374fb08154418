from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class ChatConfig(AppConfig):
    """Chat rooms and the assistant."""

    name = "chat"
    verbose_name = _("Rooms and assistant")

    @override
    def ready(self) -> None:
        # Here, because models may not be imported before the apps are ready.
        from accounts.users.deletion import on_user_deleted
        from chat import matching
        from chat.assistant import commands as assistant_commands
        from chat.assistant import topics as assistant_topics
        from chat.assistant.answers.supervisor import supervisor
        from chat.assistant.documents import embedding
        from chat.assistant.retrieval import embeddings
        from chat.rooms import services
        from chat.rooms.live import (
            commands,
            names,
            stream_views,
            topics,
            watchers,
        )
        from realtime import lifecycle_services, periodic_tasks

        topics.register_policy()
        names.register_renderers()
        stream_views.register_destinations()
        commands.register_commands()
        watchers.register_watch()
        on_user_deleted(lambda user_id: services.leave_all_rooms(user_id=user_id))
        matching.register()
        assistant_topics.register_policy()
        assistant_commands.register_commands()
        lifecycle_services.register(supervisor)
        if embeddings.available():
            periodic_tasks.register(
                "vectors of passages", every_s=embedding.EVERY_S, work=embedding.embed_pending
            )
