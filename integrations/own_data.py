"""The asker's own notifications and jobs, as a source for the assistant.

Chat knows neither. Asked only with the user's consent, and by nothing but the lists that the user
sees: what is another's, deleted or muted is in none of them.
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

NAME = "own affairs"
# The newest that are looked through: what one still asks about.
NOTIFICATIONS = 200
JOBS = 50


@dataclass(frozen=True, slots=True)
class _Affair:
    """One thing of the user's. `said` is read for the question's words, `text` is shown."""

    name: str
    title: str
    place: str
    text: str
    said: str
    url: str


def search(user_id: int, question: str, limit: int) -> list[Passage]:
    """What fits the question best, the best first; nothing without the user's consent."""
    if not consent.is_given(user_id):
        return []
    terms = query_terms(question)
    affairs = [*_notifications(user_id), *_jobs(user_id)]
    spoken = [words(affair.said) for affair in affairs]
    weights = {term: weight(sum(term in said for said in spoken), len(spoken)) for term in terms}
    found = [
        (coverage(said, weights), affair) for said, affair in zip(spoken, affairs, strict=True)
    ]
    # The sort is stable: of two that fit as well, the newer one.
    best = sorted((one for one in found if one[0] > 0), key=lambda one: -one[0])[:limit]
    return [_passage(score, affair, question) for score, affair in best]


def _passage(sure: float, affair: _Affair, question: str) -> Passage:
    return Passage(
        document_id=affair.name,
        title=affair.title,
        place=affair.place,
        snippet=snippet(affair.text, question),
        text=affair.text,
        score=round(sure, 4),
        url=affair.url,
    )


def _notifications(user_id: int) -> Iterator[_Affair]:
    language = language_of(user_id)
    for row in Inbox(user_id)[:NOTIFICATIONS]:
        shown = payload.notification(row, language)
        about = " ".join(filter(None, [row.reference_type, row.reference_id]))
        yield _Affair(
            name=f"notification:{row.pk}",
            title=shown["title"],
            place=f"Your notifications · {_when(row.created_at)}",
            text=_lines(shown["message"], about),
            said=_lines(shown["title"], shown["message"], about, _spelled(row.type)),
            url=row.link,
        )


def _jobs(user_id: int) -> Iterator[_Affair]:
    for row in jobs.listed(jobs.of_user(user_id))[:JOBS]:
        state = f"{row.status}, {row.progress:.0%}"
        yield _Affair(
            name=f"job:{row.pk}",
            title=row.title,
            place=f"Your jobs · {_when(row.updated_at)}",
            text=_lines(row.message, state),
            said=_lines(row.title, row.message, state),
            url=row.link,
        )


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _lines(*parts: str) -> str:
    return "\n".join(_filled(parts))


def _filled(parts: Iterable[str]) -> Iterator[str]:
    return (part for part in parts if part)


def _spelled(type_name: str) -> str:
    return type_name.replace("_", " ").lower()
