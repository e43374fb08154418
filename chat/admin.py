"""Django looks for the app's admin here; each part of the app keeps its own."""

from chat.rooms import admin

__all__ = ["admin"]
