"""Sources of passages: the documents, and sources that the composition root registers."""

import logging
from collections.abc import Callable

from chat.assistant.retrieval import documents
from chat.assistant.retrieval.fusion import fuse
from chat.assistant.retrieval.passages import Passage

logger = logging.getLogger(__name__)

# Called with a user's id, the question, and the maximum number of passages. The source itself must
# return only passages that the user may read.
Source = Callable[[int, str, int], list[Passage]]

# A question is a few sentences; of a pasted page, the beginning contains the question.
QUESTION_CHARS = 4_000

_sources: dict[str, Source] = {}


def register_source(name: str, search: Source) -> None:
    """Add a source to `retrieve`, replacing any source of the same name."""
    _sources[name] = search


def unregister_source(name: str) -> None:
    """Remove a source, if it is registered."""
    _sources.pop(name, None)


def retrieve(*, user_id: int, question: str, limit: int = 5) -> list[Passage]:
    """The best passages for the question, of all that the user may read, best first.

    Never raises because of a question. A source that fails is logged and omitted.
    """
    question = question[:QUESTION_CHARS]
    found = [documents.search(user_id=user_id, question=question, limit=limit)]
    for name, search in list(_sources.items()):
        try:
            found.append(search(user_id, question, limit))
        except Exception:
            logger.exception("The source %r failed, and is left out of this answer", name)
    # Weight each source by its best score, so that weak matches of one do not outrank answers.
    rankings = [(max(each.score for each in ranking), ranking) for ranking in found if ranking]
    return [passage for passage, _ in fuse(rankings)[:limit]]
