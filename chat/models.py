"""All models of the app, imported from its subpackages, because Django looks for them here."""

from chat.assistant.documents.models import Chunk, Document, Term
from chat.assistant.models import AnswerFigures, Consent, Conversation, Turn, Worker
from chat.matching.models import Waiting
from chat.people.models import Block
from chat.rooms.models import Ban, Membership, Message, Room

__all__ = [
    "AnswerFigures",
    "Ban",
    "Block",
    "Chunk",
    "Consent",
    "Conversation",
    "Document",
    "Membership",
    "Message",
    "Room",
    "Term",
    "Turn",
    "Waiting",
    "Worker",
]
