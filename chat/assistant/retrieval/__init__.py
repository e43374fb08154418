"""Finding the passages that answer a question; what the rest of the assistant uses of it is here.

`retrieve` asks the documents and every registered source, and gives `Passage`s with scores from 0
to 1; `is_confident` tells whether they answer, or the question went beyond the documents.
"""

from chat.assistant.retrieval.passages import CONFIDENT, Passage, is_confident
from chat.assistant.retrieval.sources import register_source, retrieve, unregister_source

__all__ = [
    "CONFIDENT",
    "Passage",
    "is_confident",
    "register_source",
    "retrieve",
    "unregister_source",
]
