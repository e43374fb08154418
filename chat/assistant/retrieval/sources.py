"""Where passages come from: the documents, and what the composition root has plugged in."""

import logging
from collections.abc import Callable

from chat.assistant.retrieval import documents
from chat.assistant.retrieval.fusion import fuse
from chat.assistant.retrieval.passages import Passage

logger = logging.getLogger(__name__)

# A user's id, their question, and how many passages at most. What it gives belongs to the user or
# may be read by them; it is the source that sees to this.
Source = Callable[[int, str, int], list[Passage]]

# A question is a few sentences; of a pasted page the beginning says what is asked.
QUESTION_CHARS = 4_000

_sources: dict[str, Source] = {}


def register_source(name: str, search: Source) -> None:
    """Have `retrieve` ask one more source. One registered again replaces the former."""
    _sources[name] = search


def unregister_source(name: str) -> None:
    """Ask it no longer."""
    _sources.pop(name, None)


def retrieve(*, user_id: int, question: str, limit: int = 5) -> list[Passage]:
    """The passages that fit the question best, of all that the user may read; the best first.

    No question makes it raise. A source that fails is left out, and the log says so.
    """
    question = question[:QUESTION_CHARS]
    found = [documents.search(user_id=user_id, question=question, limit=limit)]
    for name, search in list(_sources.items()):
        try:
            found.append(search(user_id, question, limit))
        except Exception:
            logger.exception("The source %r failed, and is left out of this answer", name)
    # A source counts by how sure it is: a weak match of one does not come before what answers.
    rankings = [(max(each.score for each in ranking), ranking) for ranking in found if ranking]
    return [passage for passage, _ in fuse(rankings)[:limit]]
