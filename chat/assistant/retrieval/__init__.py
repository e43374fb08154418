"""Retrieves passages that answer a question. This module is the package's public interface.

`retrieve` searches the documents and every registered source, and returns `Passage`s with scores
from 0 to 1; `is_confident` tells whether they answer the question.
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
