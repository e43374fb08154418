"""Who answers: a model, where one is configured, or else the embedded answerer."""

from django.conf import settings

from chat.assistant.generators.base import AnswerGenerator
from chat.assistant.generators.embedded import EmbeddedGenerator
from chat.assistant.generators.provider import Provider


class Generators:
    """One per supervisor: the provider's connections belong to one loop."""

    def __init__(self) -> None:
        self._provider = Provider.configured() if settings.LLM_MODEL else None
        self._embedded = EmbeddedGenerator()

    def current(self) -> AnswerGenerator:
        """The one that answers now."""
        return self._provider or self._embedded

    async def close(self) -> None:
        """Give the connections back."""
        if self._provider is not None:
            await self._provider.close()
