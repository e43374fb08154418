"""Answer generators: a model server if one is configured, else the embedded generator."""

from chat.assistant.generators.base import AnswerGenerator
from chat.assistant.generators.embedded import EmbeddedGenerator
from chat.assistant.generators.provider import Provider
from chat.conf import conf


class Generators:
    """One per supervisor: the provider's connections belong to one event loop."""

    def __init__(self) -> None:
        self._provider = Provider.configured() if conf().llm_model else None
        self._embedded = EmbeddedGenerator()

    def current(self) -> AnswerGenerator:
        """The generator to use."""
        return self._provider or self._embedded

    async def close(self) -> None:
        """Close the connections."""
        if self._provider is not None:
            await self._provider.close()
