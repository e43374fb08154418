"""Two who wait for somebody to talk to are paired (CONTRACT §7)."""


def register() -> None:
    """Tell the engine. Once, when the apps are ready."""
    from api.names import Names
    from chat.matching import limits, services
    from realtime import periodic_tasks, presentation, topic_watchers

    matched = presentation.renaming(Names("room_id", "user_id"))
    presentation.register_names("users", ["matched"], matched)
    topic_watchers.register("users", services.note_present)
    topic_watchers.register_left("users", services.note_gone)
    periodic_tasks.register("old wishes", every_s=limits.FORGET_EVERY_S, work=services.forget_old)
