"""The generator without a model: quotes the passages found, and says that it has no model.

Every line of a document is shown as a quotation (`> `); none is interpreted.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator, Sequence

from chat.assistant.generators import phrases
from chat.assistant.generators.base import GenerationContext, Usage
from chat.assistant.retrieval import Passage
from chat.conf import conf

# A word with the whitespace after it.
_WORDS = re.compile(r"\s*\S+\s*|\s+")
# Passages that are quoted: a reader wants the best ones, not all.
QUOTED = 3


class EmbeddedGenerator:
    """Streams at the pace of `BELLWIRE_EMBEDDED_CHARS_PER_S`, as a model would."""

    model = ""

    async def stream(self, context: GenerationContext) -> AsyncGenerator[str | Usage, None]:
        """The answer, word by word."""
        pace = conf().embedded_chars_per_s
        for word in _WORDS.findall(compose(context)):
            yield word
            await asyncio.sleep(len(word) / pace)


def quoted(context: GenerationContext) -> Sequence[Passage]:
    """The passages that the answer quotes."""
    return context.passages[:QUOTED]


def compose(context: GenerationContext) -> str:
    """The whole answer. Pure."""
    return "\n\n".join(_paragraphs(context))


def _paragraphs(context: GenerationContext) -> Iterator[str]:
    yield phrases.no_model(context.question)
    for number, passage in enumerate(quoted(context), 1):
        yield f"{_as_quotation(passage.text)}\n\n[{number}] {_place(passage)}"


def _as_quotation(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def _place(passage: Passage) -> str:
    """Title and place of a passage, on one line whatever they contain."""
    return " ".join(f"{passage.title} · {passage.place}".split()).removesuffix(" ·")
