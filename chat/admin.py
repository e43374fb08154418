"""Django looks for the app's admin here; each part of the app keeps its own."""

from chat.assistant import admin as assistant
from chat.assistant.documents import admin as documents
from chat.rooms import admin as rooms

__all__ = ["assistant", "documents", "rooms"]
