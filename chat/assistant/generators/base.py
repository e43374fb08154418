"""What writes answers: a brief in, text as it comes out."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from chat.assistant.retrieval import Passage


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of the conversation before, and what it was answered."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class GenerationContext:
    """What is asked, and all that there is to answer it from.

    `passages` are empty where the documents do not cover the question, and where it is none
    (`is_small_talk`). `history` has the oldest first.
    """

    question: str
    passages: Sequence[Passage] = ()
    history: Sequence[Exchange] = ()
    is_small_talk: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the provider has counted them; None where it has not."""

    prompt_tokens: int | None
    completion_tokens: int | None


class GenerationError(Exception):
    """No answer, or only the beginning of one. The message is in plain words, for the user."""


class AnswerGenerator(Protocol):
    """`model` names it, "" without one."""

    @property
    def model(self) -> str: ...

    def stream(self, context: GenerationContext) -> AsyncGenerator[str | Usage, None]:
        """The answer's text in pieces, and at some point what it has cost.

        Raises `GenerationError`.
        """
        ...
