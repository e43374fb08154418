"""The user's own notifications and jobs, as a source of passages for the assistant.

Searched only with the user's consent, and only through the lists that the user sees, so nothing of
other users, and nothing deleted or muted, is found.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from chat.assistant import consent
from chat.assistant.retrieval import Passage
from chat.assistant.retrieval.analyser import query_terms, words
from chat.assistant.retrieval.bm25 import coverage, weight
from chat.assistant.retrieval.snippets import snippet
from notifications import payload
from notifications.inbox import Inbox
from notifications.jobs import selectors as jobs
from notifications.selectors import language_of

NAME = "own data"
# How many of the newest are searched: those that users still ask about.
NOTIFICATIONS = 200
JOBS = 50


@dataclass(frozen=True, slots=True)
class _Entry:
    """A notification or job. `searched` is matched with the question's words, `text` is shown."""

    name: str
    title: str
    place: str
    text: str
    searched: str
    url: str


def search(user_id: int, question: str, limit: int) -> list[Passage]:
    """The best matches for the question, best first; none without the user's consent."""
    if not consent.is_given(user_id):
        return []
    terms = query_terms(question)
    entries = [*_notifications(user_id), *_jobs(user_id)]
    texts = [words(entry.searched) for entry in entries]
    weights = {term: weight(sum(term in text for text in texts), len(texts)) for term in terms}
    found = [(coverage(text, weights), entry) for text, entry in zip(texts, entries, strict=True)]
    # The sort is stable: of equal matches, the newer one comes first.
    best = sorted((one for one in found if one[0] > 0), key=lambda one: -one[0])[:limit]
    return [_passage(score, entry, question) for score, entry in best]


def _passage(score: float, entry: _Entry, question: str) -> Passage:
    return Passage(
        document_id=entry.name,
        title=entry.title,
        place=entry.place,
        snippet=snippet(entry.text, question),
        text=entry.text,
        score=round(score, 4),
        url=entry.url,
    )


def _notifications(user_id: int) -> Iterator[_Entry]:
    language = language_of(user_id)
    for row in Inbox(user_id)[:NOTIFICATIONS]:
        shown = payload.notification(row, language)
        about = " ".join(filter(None, [row.reference_type, row.reference_id]))
        yield _Entry(
            name=f"notification:{row.pk}",
            title=shown["title"],
            place=f"Your notifications · {_when(row.created_at)}",
            text=_lines(shown["message"], about),
            searched=_lines(shown["title"], shown["message"], about, _as_words(row.type)),
            url=row.link,
        )


def _jobs(user_id: int) -> Iterator[_Entry]:
    for row in jobs.listed(jobs.of_user(user_id))[:JOBS]:
        state = f"{row.status}, {row.progress:.0%}"
        yield _Entry(
            name=f"job:{row.pk}",
            title=row.title,
            place=f"Your jobs · {_when(row.updated_at)}",
            text=_lines(row.message, state),
            searched=_lines(row.title, row.message, state),
            url=row.link,
        )


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _lines(*parts: str) -> str:
    return "\n".join(_filled(parts))


def _filled(parts: Iterable[str]) -> Iterator[str]:
    return (part for part in parts if part)


def _as_words(type_name: str) -> str:
    return type_name.replace("_", " ").lower()
