"""Pairs users who wait for someone to talk to (docs/contract.md §7)."""


def register() -> None:
    """Register with `realtime`. Called once, from `AppConfig.ready`."""
    # Here, because models may not be imported before the apps are ready.
    from api.names import Names
    from chat.matching import limits, services
    from realtime import periodic_tasks, presentation, topic_watchers

    matched = presentation.renaming(Names("room_id", "user_id"))
    presentation.register_names("users", ["matched"], matched)
    topic_watchers.register("users", services.mark_present)
    topic_watchers.register_left("users", services.mark_gone)
    periodic_tasks.register(
        "matching-requests",
        every_s=limits.FORGET_EVERY_S,
        work=services.delete_expired,
        is_housekeeping=True,
    )
