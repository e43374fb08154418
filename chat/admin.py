"""All admin classes of the app, imported from its subpackages; Django looks for them here."""

from chat.assistant import admin as assistant
from chat.assistant.documents import admin as documents
from chat.rooms import admin as rooms

__all__ = ["assistant", "documents", "rooms"]
