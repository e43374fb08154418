"""The interface of answer generators: a context in, streamed text out."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from chat.assistant.retrieval import Passage


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question of the conversation, and its answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class GenerationContext:
    """A question, and everything that its answer may be based on.

    `passages` is empty if the documents do not cover the question, and for small talk. `history` is
    ordered from oldest to newest.
    """

    question: str
    passages: Sequence[Passage] = ()
    history: Sequence[Exchange] = ()
    is_small_talk: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as counted by the provider; None if it did not report them."""

    prompt_tokens: int | None
    completion_tokens: int | None


class GenerationError(Exception):
    """There is no answer, or only its beginning. The message is shown to the user."""


class AnswerGenerator(Protocol):
    """Generates answers. `model` is the model's name, "" without a model."""

    @property
    def model(self) -> str: ...

    def stream(self, context: GenerationContext) -> AsyncGenerator[str | Usage, None]:
        """Yield the answer's text in parts, and its `Usage` if known.

        Raises `GenerationError`.
        """
        ...
