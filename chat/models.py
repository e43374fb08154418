"""The app's tables. Django looks for them here; each part of the app keeps its own."""

from chat.rooms.models import Membership, Message, Room

__all__ = ["Membership", "Message", "Room"]
